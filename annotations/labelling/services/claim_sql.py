"""The statements of a claim: find a task, take its slot, place the person on it, move their cursor, all in one.

They are SQL because the ORM would need six queries for it, on the path that every label takes.

A person's own tasks are passed over one by one, by a scalar subquery on the unique index (task, member): for NOT
EXISTS the planner may well hash everything that the person ever had. How many there are to pass over is bounded:

- Tasks that go first (given back, or wanting one more label) are few; but one who has skipped thousands has them all
  in front. So only the first of them are looked at, URGENT_LOOKED_AT many.
- The rest follow in the stored order from the member's cursor, the order key of the last task claimed. All that this
  person has had lies behind the cursor.
- Only where neither finds anything, everything open is gone through from the start, by a statement of its own.
"""

from annotations.access import CAMPAIGN, MEMBER

LOCK_MEMBER = f"""
    SELECT {MEMBER}, {CAMPAIGN}
    FROM annotations_member AS member JOIN annotations_campaign AS campaign ON campaign.id = member.campaign_id
    WHERE member.id = %(member)s FOR NO KEY UPDATE OF member
"""

URGENT_LOOKED_AT = 32

# What a person had is not offered to them again while there is anything else: a task that they let lapse goes to
# others first, and a control item, which nobody else can take, must not come back any sooner than a regular task.
_EVER_HAD = """
    SELECT true FROM annotations_assignment AS had WHERE had.task_id = task.id AND had.member_id = %(member)s
"""

# With nothing else left, they may be placed again where their lease ran out: unless the page that asks still has it.
_HAD = """
    SELECT true FROM annotations_assignment AS had
    WHERE had.task_id = task.id AND had.member_id = %(member)s
        AND (had.status <> 'released' OR had.id = ANY(%(holding)s::bigint[]))
"""

_PICK_ONWARD = f"""
    urgent AS (
        SELECT task.id, task.order_key, task.priority FROM annotations_task AS task
        WHERE task.open_slots > 0 AND ({_EVER_HAD}) IS NULL AND task.id IN (
            SELECT id FROM annotations_task
            WHERE campaign_id = %(campaign)s AND open_slots > 0 AND priority > 0
            ORDER BY priority DESC, order_key, id LIMIT {URGENT_LOOKED_AT}
        )
        ORDER BY task.priority DESC, task.order_key, task.id
        LIMIT 1 FOR NO KEY UPDATE OF task SKIP LOCKED
    ), onward AS (
        SELECT task.id, task.order_key, task.priority FROM annotations_task AS task
        WHERE task.campaign_id = %(campaign)s AND task.open_slots > 0 AND task.priority = 0
            AND task.order_key > %(cursor)s AND ({_EVER_HAD}) IS NULL AND NOT EXISTS (SELECT FROM urgent)
        ORDER BY task.order_key, task.id
        LIMIT 1 FOR NO KEY UPDATE OF task SKIP LOCKED
    ), picked AS (
        SELECT * FROM urgent UNION ALL SELECT * FROM onward
    )
"""

_PICK_ANEW = f"""
    picked AS (
        SELECT task.id, task.order_key, task.priority FROM annotations_task AS task
        WHERE task.campaign_id = %(campaign)s AND task.open_slots > 0 AND ({_HAD}) IS NULL
        ORDER BY task.priority DESC, task.order_key, task.id
        LIMIT 1 FOR NO KEY UPDATE OF task SKIP LOCKED
    )
"""

# In each person's own order, which stays the same. MD5 only scatters here.
_PICK_CONTROL = f"""
    picked AS (
        SELECT task.id FROM annotations_task AS task
        WHERE task.campaign_id = %(campaign)s AND task.kind = 'control' AND task.kind <> 'regular' AND ({_HAD}) IS NULL
        ORDER BY ({_EVER_HAD}) IS NOT NULL, md5(concat_ws('/', %(seed)s::bigint, %(member)s::bigint, task.id)), task.id
        LIMIT 1 FOR NO KEY UPDATE OF task SKIP LOCKED
    )
"""

_PLACED = """
    placed AS (
        INSERT INTO annotations_assignment AS assignment
            (task_id, member_id, status, leased_until, is_surplus, is_set_aside, skip_reason, skip_note, created_at)
        SELECT picked.id, %(member)s, 'leased', %(deadline)s, false, false, '', '', statement_timestamp() FROM picked
        ON CONFLICT (task_id, member_id) DO UPDATE SET status = 'leased', leased_until = excluded.leased_until
        WHERE assignment.status = 'released'
        RETURNING assignment.id
    )
"""

_REGULAR = f"""
    {_PLACED}, taken AS (
        UPDATE annotations_task AS task SET open_slots = task.open_slots - 1 FROM picked WHERE task.id = picked.id
    ), moved AS (
        UPDATE annotations_member AS member SET claimed_up_to = picked.order_key FROM picked
        WHERE member.id = %(member)s AND picked.priority = 0
    )
    SELECT picked.id, placed.id FROM picked LEFT JOIN placed ON true
"""

CLAIM_ONWARD = f"WITH {_PICK_ONWARD}, {_REGULAR}"

CLAIM_ANEW = f"WITH {_PICK_ANEW}, {_REGULAR}"

CLAIM_CONTROL = (
    f"WITH {_PICK_CONTROL}, {_PLACED} SELECT picked.id, placed.id FROM picked LEFT JOIN placed ON true"
)
