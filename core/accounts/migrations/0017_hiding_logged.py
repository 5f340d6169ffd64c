"""Deletions and changes of privacy are logged by triggers, so that no way to make them can be forgotten."""

from django.db import migrations

# Account 1 holds posts that are being removed, and belongs to nobody.
CREATE = """
CREATE FUNCTION log_user_privacy_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, actor_id) VALUES ('user_privacy_changed', OLD.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER users_privacy_changed AFTER UPDATE OF is_private ON users FOR EACH ROW
    WHEN (OLD.is_private <> NEW.is_private) EXECUTE FUNCTION log_user_privacy_changed();

CREATE FUNCTION log_user_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, actor_id) VALUES ('user_deleted', NEW.user_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER account_deletions_logged AFTER INSERT ON account_deletions FOR EACH ROW
    WHEN (NEW.user_id <> 1) EXECUTE FUNCTION log_user_deleted();
"""
DROP = """
DROP TRIGGER account_deletions_logged ON account_deletions;
DROP FUNCTION log_user_deleted();
DROP TRIGGER users_privacy_changed ON users;
DROP FUNCTION log_user_privacy_changed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_follow_requests"),
        ("events", "0008_event_parent"),
    ]
    operations = [migrations.RunSQL(CREATE, DROP)]
