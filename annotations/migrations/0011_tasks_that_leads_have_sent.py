"""Tasks that a lead has sent to adjudication before there was a field for it, by the audit log."""

from django.db import migrations

SENT = """
    UPDATE annotations_task AS task SET waits_for_lead = true
    WHERE task.state = 'disputed' AND (
        SELECT action FROM annotations_auditevent AS event
        WHERE event.subject = 'task ' || task.id
            AND action IN ('task.sent_to_adjudication', 'task.reopened', 'task.adjudicated')
        ORDER BY event.id DESC LIMIT 1
    ) IN ('task.sent_to_adjudication', 'task.reopened')
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0010_tasks_that_wait_for_a_lead")]

    operations = [migrations.RunSQL(SENT, migrations.RunSQL.noop)]
