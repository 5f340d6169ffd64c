"""An active account is not deleted: triggers see to it, so that who reads a user's row need not look further."""

from django.db import migrations

CREATE = """
CREATE FUNCTION account_is_deleted(account bigint) RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM account_deletions WHERE user_id = account);
END $$;

CREATE FUNCTION deactivate_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Who activates the account meanwhile has it locked, or waits here and then finds the deletion.
    PERFORM FROM users WHERE id = NEW.user_id FOR NO KEY UPDATE;
    UPDATE users SET is_active = false WHERE id = NEW.user_id AND is_active;
    RETURN NULL;
END $$;
CREATE TRIGGER account_deletions_deactivate AFTER INSERT ON account_deletions FOR EACH ROW
    EXECUTE FUNCTION deactivate_deleted();

CREATE FUNCTION keep_deleted_inactive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_active := NOT EXISTS (SELECT FROM account_deletions WHERE user_id = NEW.id);
    RETURN NEW;
END $$;
CREATE TRIGGER users_deleted_stay_inactive BEFORE UPDATE OF is_active ON users FOR EACH ROW
    WHEN (NEW.is_active AND NOT OLD.is_active) EXECUTE FUNCTION keep_deleted_inactive();

-- Whatever wrote them: those that the application has written are inactive.
UPDATE users u SET is_active = false FROM account_deletions d WHERE d.user_id = u.id AND u.is_active;
"""
DROP = """
DROP TRIGGER users_deleted_stay_inactive ON users;
DROP FUNCTION keep_deleted_inactive();
DROP TRIGGER account_deletions_deactivate ON account_deletions;
DROP FUNCTION deactivate_deleted();
DROP FUNCTION account_is_deleted(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0019_users_by_hash")]
    operations = [migrations.RunSQL(CREATE, DROP)]
