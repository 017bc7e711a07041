"""REST addresses of the import of tables."""

from annotations.item_import.api import TableMappings, TableUploads
from core.api.viewsets import ApiRouter

router = ApiRouter()
router.add("table-uploads", TableUploads, "table_upload", argument="upload_id")
router.add("table-mappings", TableMappings, "table_mapping", argument="mapping_id")

urlpatterns = router.urls
