"""REST addresses of the import of tables."""

from annotations.item_import.api import TableMappings, TableUploadCollection, TableUploads
from core.api.viewsets import ApiRouter

# Apart, as only the collection takes files.
collection = ApiRouter()
collection.add("table-uploads", TableUploadCollection, "table_upload")

router = ApiRouter()
router.add("table-uploads", TableUploads, "table_upload", argument="upload_id")
router.add("table-mappings", TableMappings, "table_mapping", argument="mapping_id")

urlpatterns = collection.urls + router.urls
