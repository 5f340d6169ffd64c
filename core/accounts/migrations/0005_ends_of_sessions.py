"""Every end of a session is logged, whoever brings it about: by a trigger, so that no way can be forgotten."""

from django.db import migrations

CREATE = """
CREATE FUNCTION log_end_of_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, actor_id, subject_id) VALUES ('session_revoked', OLD.user_id, OLD.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER sessions_revoked AFTER UPDATE OF revoked_at ON sessions FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION log_end_of_session();
-- An access token is good for a day at most.
CREATE TRIGGER sessions_deleted AFTER DELETE ON sessions FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND OLD.expires_at > now() - interval '1 day') EXECUTE FUNCTION log_end_of_session();

CREATE FUNCTION end_sessions_of_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sessions SET revoked_at = now() WHERE user_id = OLD.id AND revoked_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_suspended AFTER UPDATE OF is_active ON users FOR EACH ROW
    WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION end_sessions_of_suspended();
"""
DROP = """
DROP TRIGGER users_suspended ON users;
DROP FUNCTION end_sessions_of_suspended();
DROP TRIGGER sessions_deleted ON sessions;
DROP TRIGGER sessions_revoked ON sessions;
DROP FUNCTION log_end_of_session();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_account_deletion"),
        ("events", "0004_recent_revocations"),
    ]
    operations = [migrations.RunSQL(CREATE, DROP)]
