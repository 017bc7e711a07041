"""Whoever changes what a result is made of, by whatever way, notes it in the same transaction.

Statement-level triggers with transition tables: one insert a statement, however many rows it changes. Notes are only
ever added: whether one is there already cannot be known while other transactions are open.
"""

from django.db import migrations

# Table: which runs the changed rows (in `changed`) belong to.
RUNS_OF = {
    "item": "SELECT run_id FROM changed",
    "response": "SELECT item.run_id FROM changed JOIN evaluation_item item ON item.id = changed.item_id",
    "itemcall": "SELECT item.run_id FROM changed JOIN evaluation_item item ON item.id = changed.item_id",
    "judgment": """
        SELECT item.run_id FROM changed
        JOIN evaluation_response response ON response.id = changed.response_id
        JOIN evaluation_item item ON item.id = response.item_id""",
    "runjudge": "SELECT run_id FROM changed",
}

# Table: the columns that results read, and the runs of the rows where one of them changed. Of these tables only
# updates matter: a row is there before anything refers to it, and cannot go while something does.
UPDATED = {
    "question": (
        ["gold_option", "source", "category"],
        "JOIN evaluation_item item ON item.question_id = changed.id",
        "item.run_id",
    ),
    "preference": (
        ["text", "category"],
        "JOIN evaluation_item item ON item.preference_id = changed.id",
        "item.run_id",
    ),
    "judge": (
        ["name", "threshold"],
        "JOIN evaluation_runjudge judged ON judged.judge_id = changed.id",
        "judged.run_id",
    ),
    "completion": (
        ["endpoint_id", "seconds", "input_tokens", "output_tokens", "cost"],
        "JOIN evaluation_itemcall call ON call.completion_id = changed.id "
        "JOIN evaluation_item item ON item.id = call.item_id AND item.status = 'done'",
        "item.run_id",
    ),
}


def _noting(table: str, runs: str) -> str:
    """Triggers for every way that a row can change, and for emptying the table."""
    return f"""
    CREATE FUNCTION evaluation_{table}_changes_results() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO evaluation_runchange (run_id) SELECT DISTINCT run_id FROM ({runs}) AS touched;
        RETURN NULL;
    END $$;
    CREATE FUNCTION evaluation_{table}_moves_results() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO evaluation_runchange (run_id)
        SELECT run_id FROM ({runs}) AS touched UNION SELECT run_id FROM ({runs.replace("changed", "replaced")}) AS left_behind;
        RETURN NULL;
    END $$;
    CREATE TRIGGER {table}_inserted AFTER INSERT ON evaluation_{table} REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION evaluation_{table}_changes_results();
    CREATE TRIGGER {table}_deleted AFTER DELETE ON evaluation_{table} REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION evaluation_{table}_changes_results();
    CREATE TRIGGER {table}_updated AFTER UPDATE ON evaluation_{table}
        REFERENCING OLD TABLE AS replaced NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION evaluation_{table}_moves_results();
    CREATE TRIGGER {table}_emptied AFTER TRUNCATE ON evaluation_{table}
        FOR EACH STATEMENT EXECUTE FUNCTION evaluation_every_result_changes();
    """


def _noting_updates(table: str, columns: list[str], join: str, run: str) -> str:
    now, before = (", ".join(f"{rows}.{column}" for column in columns) for rows in ("changed", "replaced"))
    return f"""
    CREATE FUNCTION evaluation_{table}_changes_results() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO evaluation_runchange (run_id)
        SELECT DISTINCT {run} FROM changed JOIN replaced ON replaced.id = changed.id {join}
        WHERE ({now}) IS DISTINCT FROM ({before});
        RETURN NULL;
    END $$;
    CREATE TRIGGER {table}_updated AFTER UPDATE ON evaluation_{table}
        REFERENCING OLD TABLE AS replaced NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION evaluation_{table}_changes_results();
    """


# Runs are updated with every chunk of calls, so theirs are triggers by row, of the few columns that count.
OF_RUNS_AND_ENDPOINTS = """
    CREATE FUNCTION evaluation_every_result_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO evaluation_runchange (run_id) SELECT id FROM evaluation_run;
        RETURN NULL;
    END $$;
    CREATE FUNCTION evaluation_run_changes_results() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO evaluation_runchange (run_id) VALUES (NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER run_inserted AFTER INSERT ON evaluation_run
        FOR EACH ROW EXECUTE FUNCTION evaluation_run_changes_results();
    CREATE TRIGGER run_updated AFTER UPDATE OF setting, method ON evaluation_run FOR EACH ROW
        WHEN (OLD.setting IS DISTINCT FROM NEW.setting OR OLD.method IS DISTINCT FROM NEW.method)
        EXECUTE FUNCTION evaluation_run_changes_results();
    CREATE FUNCTION evaluation_endpoint_changes_results() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO evaluation_runchange (run_id)
        SELECT id FROM evaluation_run WHERE endpoint_id = NEW.id OR aligner_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER endpoint_updated AFTER UPDATE OF provider ON evaluation_endpoint FOR EACH ROW
        WHEN (OLD.provider IS DISTINCT FROM NEW.provider) EXECUTE FUNCTION evaluation_endpoint_changes_results();
"""

CREATE = "".join(
    [
        OF_RUNS_AND_ENDPOINTS,
        *(_noting(table, runs) for table, runs in RUNS_OF.items()),
        *(_noting_updates(table, *rest) for table, rest in UPDATED.items()),
    ]
)
DROP = "".join(
    [
        *(
            f"DROP FUNCTION evaluation_{table}_{verb}_results() CASCADE;"
            for table in RUNS_OF
            for verb in ("changes", "moves")
        ),
        *(
            f"DROP FUNCTION evaluation_{table}_changes_results() CASCADE;"
            for table in [*UPDATED, "run", "endpoint"]
        ),
        "DROP FUNCTION evaluation_every_result_changes() CASCADE;",
    ]
)


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
