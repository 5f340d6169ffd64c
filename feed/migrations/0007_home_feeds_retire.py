"""A kept home feed is retired in the transaction in which its reader follows or unfollows, whoever writes it."""

from django.db import migrations

RETIRE = """
CREATE FUNCTION home_feeds_retire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE home_feeds SET retired_at = now()
    WHERE retired_at IS NULL AND reader_id IN (SELECT follower_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER home_feeds_follow AFTER INSERT ON follows REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION home_feeds_retire();
CREATE TRIGGER home_feeds_unfollow AFTER DELETE ON follows REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION home_feeds_retire();
"""
BACK = """
DROP TRIGGER home_feeds_follow ON follows;
DROP TRIGGER home_feeds_unfollow ON follows;
DROP FUNCTION home_feeds_retire();
"""


class Migration(migrations.Migration):
    dependencies = [("feed", "0006_kept_home_feeds"), ("accounts", "0007_user_delete")]
    operations = [migrations.RunSQL(RETIRE, BACK)]
