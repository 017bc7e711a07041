"""What campaigns made before the workbench have: their guidelines as version 1, and tasks settled by their labels."""

from django.db import migrations

OVERLAP = "UPDATE annotations_campaign SET max_overlap = overlap"
GUIDELINES = """
    INSERT INTO annotations_guidelines (campaign_id, version, text, created_by_id, created_at)
    SELECT id, 1, guidelines, created_by_id, created_at FROM annotations_campaign WHERE guidelines <> ''
"""
GUIDELINES_BACK = """
    UPDATE annotations_campaign AS campaign SET guidelines = newest.text FROM (
        SELECT DISTINCT ON (campaign_id) campaign_id, text FROM annotations_guidelines
        ORDER BY campaign_id, version DESC
    ) AS newest WHERE newest.campaign_id = campaign.id
"""
SETTLE = """
    WITH current AS (
        SELECT DISTINCT ON (label.assignment_id) assignment.task_id, label.score
        FROM annotations_label AS label JOIN annotations_assignment AS assignment
            ON assignment.id = label.assignment_id AND assignment.status = 'submitted' AND NOT assignment.is_surplus
        ORDER BY label.assignment_id, label.revision DESC
    ), votes AS (
        SELECT task_id, count(*) AS count, min(score) AS lowest, max(score) AS highest FROM current GROUP BY task_id
    )
    UPDATE annotations_task AS task SET
        score_range = CASE WHEN votes.count > 1 THEN votes.highest - votes.lowest END,
        state = CASE
            WHEN votes.count < task.wanted_labels THEN 'open'
            WHEN votes.highest - votes.lowest >= campaign.disagreement_range
                OR (votes.lowest < campaign.threshold AND votes.highest >= campaign.threshold) THEN 'disputed'
            ELSE 'agreed'
        END
    FROM votes, annotations_campaign AS campaign
    WHERE task.id = votes.task_id AND campaign.id = task.campaign_id
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_workbench")]
    operations = [
        migrations.RunSQL(OVERLAP, migrations.RunSQL.noop),
        migrations.RunSQL(GUIDELINES, GUIDELINES_BACK),
        migrations.RunSQL(SETTLE, migrations.RunSQL.noop),
    ]
