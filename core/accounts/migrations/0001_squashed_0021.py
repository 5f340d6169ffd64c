"""Users, their sessions, and their relations."""

import core.database.time_ordered_keys
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from core.database.time_ordered_keys import ForeignKeysInDatabase

# Accounts are deleted in one way: hidden at once, and removed in small steps. The database refuses any other.
DELETION = """
CREATE FUNCTION refuse_user_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account_deletions WHERE user_id = OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'A user is not deleted by DELETE: counts would be wrong, and nobody would be notified. '
        'Use core.accounts.moderation.user_delete(user) or the admin; the worker removes the rest.'
        USING ERRCODE = 'restrict_violation', TABLE = 'users', CONSTRAINT = 'users_deleted_by_user_delete';
END $$;
CREATE TRIGGER users_deleted_by_user_delete BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse_user_delete();
"""
# An active account is not deleted: triggers see to it, so that who reads a user's row need not look further.
ACTIVE = """
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
"""
# Every end of a session is logged by a trigger, so that no cause of one can be forgotten.
SESSIONS = """
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
# The tokens of a user whose password or address changes end, whatever changes them. A new hash of the same password ends
# none: who stores it says so, for this hash and transaction alone.
TOKENS = """
CREATE FUNCTION end_account_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.email <> NEW.email OR NEW.password IS DISTINCT FROM current_setting('accounts.rehashed', true) THEN
        DELETE FROM account_tokens WHERE user_id = OLD.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_credentials_changed AFTER UPDATE OF password, email ON users FOR EACH ROW
    WHEN (OLD.password <> NEW.password OR OLD.email <> NEW.email) EXECUTE FUNCTION end_account_tokens();
"""
# All deletions and changes of privacy are logged. Account 1 holds posts that are being removed, and belongs
# to nobody.
HIDING = """
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
# Whether blocks, mutes or a deletion hide a user: a function, since a statement sets up each subquery that it may never run.
HIDDEN = """
CREATE FUNCTION hidden_by_relation(viewer bigint, muter bigint, other bigint) RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM blocks WHERE blocker_id = viewer AND blocked_id = other)
        OR EXISTS (SELECT FROM blocks WHERE blocker_id = other AND blocked_id = viewer)
        OR EXISTS (SELECT FROM mutes WHERE muter_id = muter AND muted_id = other)
        OR EXISTS (SELECT FROM account_deletions WHERE user_id = other);
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("accounts", name)
        for name in """
        0001_initial 0002_constraints_in_words 0003_transaction 0004_account_deletion 0005_ends_of_sessions
        0006_plain_descriptions 0007_user_delete 0008_worker 0009_hidden_by_relation 0010_account_recovery
        0011_grace_and_suspension 0012_erases_at 0013_looks_like 0014_hidden_by_deletion 0015_private_accounts
        0016_follow_requests 0017_hiding_logged 0018_former_names_look_like 0019_users_by_hash
        0020_active_is_not_deleted 0021_rehash_keeps_tokens
        """.split()
    ]
    dependencies = [
        ("database", "0001_squashed_0002"),
        ("events", "0001_squashed_0013"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('username', models.CharField(help_text="The user's public handle, unique ignoring case.", max_length=30, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9_]{1,30}\\Z', 'A username has 1 to 30 of A-Z, a-z, 0-9 and _.')])),
                ('email', models.EmailField(help_text="The user's e-mail address. Never shown to other users.", max_length=254)),
                ('display_name', models.CharField(help_text='The name shown beside posts.', max_length=50)),
                ('bio', models.CharField(blank=True, default='', help_text='A short self-description.', max_length=300)),
                ('avatar_url', models.CharField(blank=True, default='', help_text="URL of the user's picture; empty if there is none.", max_length=500)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, help_text='When the account was created.')),
                ('follower_count', models.IntegerField(db_default=0, editable=False, help_text='The number of users who follow the user. The same for every viewer.')),
                ('following_count', models.IntegerField(db_default=0, editable=False, help_text='The number of users whom the user follows. The same for every viewer.')),
                ('post_count', models.IntegerField(db_default=0, editable=False, help_text='The number of posts by the user. The same for every viewer.')),
                ('is_active', models.BooleanField(default=True, help_text='Whether the user may sign in.')),
                ('is_staff', models.BooleanField(default=False, help_text='Whether the user may use the admin.')),
                ('email_verified', models.BooleanField(db_default=True, help_text='Whether the user has shown that mail to the address arrives.')),
                ('pending_email', models.CharField(blank=True, editable=False, help_text='The address that replaces the present one as soon as it is verified.', max_length=254, null=True)),
                ('is_private', models.BooleanField(db_default=False, help_text="Whether only accepted followers see the user's posts and lists of follows.")),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'db_table': 'users',
                'indexes': [
                    models.Index(django.db.models.functions.text.Lower(django.db.models.functions.text.Replace(models.Func('username', models.Value('01I'), models.Value('Oll'), function='translate'), models.Value('m'), models.Value('rn'))), name='users_looks_like'),
                    django.contrib.postgres.indexes.HashIndex(models.F('id'), name='users_by_hash'),
                ],
                'constraints': [
                    models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='users_username_unique', violation_error_message='This username is taken.'),
                    models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='users_email_unique', violation_error_message='This e-mail address is taken.'),
                    models.CheckConstraint(condition=models.Q(('username__regex', '^[A-Za-z0-9_]{1,30}$')), name='users_username_form', violation_error_message='A username has 1 to 30 of A-Z, a-z, 0-9 and _.'),
                    models.CheckConstraint(condition=models.Q(('follower_count__gte', 0), ('following_count__gte', 0), ('post_count__gte', 0)), name='users_counts_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AccountToken',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(help_text='What the token is for.', max_length=20)),
                ('token_hash', models.BinaryField(help_text='SHA-256 of the token.', max_length=32)),
                ('email', models.CharField(help_text='The address it is mailed to.', max_length=254)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('expires_at', models.DateTimeField(help_text='When it is refused.')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'account_tokens',
                'indexes': [
                    models.Index(models.F('user_id'), name='account_tokens_user'),
                    models.Index(models.F('expires_at'), name='account_tokens_expires_at'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Block',
            fields=[
                ('pk', models.CompositePrimaryKey('blocker_id', 'blocked_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('blocked', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('blocker', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'blocks',
                'indexes': [models.Index(models.F('blocked'), models.F('blocker'), name='blocks_reverse')],
                'constraints': [models.CheckConstraint(condition=models.Q(('blocker', models.F('blocked')), _negated=True), name='blocks_not_self')],
            },
        ),
        migrations.CreateModel(
            name='Follow',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('followee', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='followers', to=settings.AUTH_USER_MODEL)),
                ('follower', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='following', to=settings.AUTH_USER_MODEL)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
            ],
            options={
                'db_table': 'follows',
                'indexes': [
                    models.Index(models.F('followee'), models.F('id'), name='follows_followers'),
                    models.Index(models.F('follower'), models.F('id'), name='follows_following'),
                ],
                'constraints': [
                    models.UniqueConstraint(models.F('follower'), models.F('followee'), name='follows_pair_unique'),
                    models.CheckConstraint(condition=models.Q(('follower', models.F('followee')), _negated=True), name='follows_not_self'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FollowRequest',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('transaction', core.database.time_ordered_keys.TransactionField(db_default=core.database.time_ordered_keys.CurrentTransaction(), editable=False, null=True)),
                ('requester', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'follow_requests',
                'indexes': [models.Index(models.F('target'), models.F('id'), name='follow_requests_of_target')],
                'constraints': [
                    models.UniqueConstraint(models.F('requester'), models.F('target'), name='follow_requests_pair_unique'),
                    models.CheckConstraint(condition=models.Q(('requester', models.F('target')), _negated=True), name='follow_requests_not_self'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FormerUsername',
            fields=[
                ('username', models.CharField(max_length=30, primary_key=True, serialize=False)),
            ],
            options={
                'db_table': 'former_usernames',
                'indexes': [models.Index(django.db.models.functions.text.Lower(django.db.models.functions.text.Replace(models.Func('username', models.Value('01I'), models.Value('Oll'), function='translate'), models.Value('m'), models.Value('rn'))), name='former_usernames_looks_like')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('pk', models.CompositePrimaryKey('user_id', 'mutation', 'key', blank=True, editable=False, primary_key=True, serialize=False)),
                ('mutation', models.CharField(help_text='Name of the mutation.', max_length=40)),
                ('key', models.CharField(help_text="The client's clientMutationId, an idempotency key.", max_length=100)),
                ('input_hash', models.BinaryField(help_text='SHA-256 of the input.', max_length=32)),
                ('result_id', models.BigIntegerField(help_text='Key of the created row.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'idempotency_keys',
                'indexes': [models.Index(models.F('created_at'), name='idempotency_keys_created_at')],
            },
        ),
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('pk', models.CompositePrimaryKey('muter_id', 'muted_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('muted', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('muter', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'mutes',
                'indexes': [models.Index(models.F('muted'), name='mutes_muted')],
                'constraints': [models.CheckConstraint(condition=models.Q(('muter', models.F('muted')), _negated=True), name='mutes_not_self')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', core.database.time_ordered_keys.KeyField(db_default=core.database.time_ordered_keys.TimeOrderedKey(), editable=False, primary_key=True, serialize=False)),
                ('salt', models.BinaryField(help_text="Random. The refresh tokens are derived from it and the server's secret.", max_length=16)),
                ('generation', models.IntegerField(db_default=1, help_text='Number of refresh tokens issued so far.')),
                ('token_hash', models.BinaryField(help_text='SHA-256 of the newest refresh token.', max_length=32)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('rotated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, help_text='When the newest refresh token was issued.')),
                ('expires_at', models.DateTimeField(help_text='When the newest refresh token expires.')),
                ('revoked_at', models.DateTimeField(blank=True, help_text='When the session was signed out or revoked.', null=True)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='sessions', to=settings.AUTH_USER_MODEL)),
                ('device_name', models.CharField(blank=True, db_default='', help_text='What the client calls the device; empty if it has not said.', max_length=60)),
            ],
            options={
                'db_table': 'sessions',
                'indexes': [
                    models.Index(models.F('user_id'), name='sessions_user'),
                    models.Index(models.F('expires_at'), name='sessions_expires_at'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AccountDeletion',
            fields=[
                ('user', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='deletion', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('erases_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='When the grace period is over, in which it can be restored.')),
            ],
            options={
                'db_table': 'account_deletions',
                'indexes': [models.Index(models.F('erases_at'), name='account_deletions_erases_at')],
            },
        ),
        migrations.CreateModel(
            name='AccountSuspension',
            fields=[
                ('user', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='suspension', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('until', models.DateTimeField(blank=True, help_text='When it is over; empty if it is for good.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'db_table': 'account_suspensions',
                'indexes': [models.Index(models.F('until'), name='account_suspensions_until')],
            },
        ),
        ForeignKeysInDatabase(
            ("sessions", "user_id", "users"),
            ("blocks", "blocker_id", "users"),
            ("blocks", "blocked_id", "users"),
            ("mutes", "muter_id", "users"),
            ("mutes", "muted_id", "users"),
            ("idempotency_keys", "user_id", "users"),
            ("account_deletions", "user_id", "users"),
            ("account_suspensions", "user_id", "users"),
            ("account_tokens", "user_id", "users"),
            ("follow_requests", "requester_id", "users"),
            ("follow_requests", "target_id", "users"),
        ),
        # A user whose follows are there is not deleted: they are removed first, with their counts and events.
        ForeignKeysInDatabase(
            ("follows", "follower_id", "users"), ("follows", "followee_id", "users"), on_delete="NO ACTION"
        ),
        migrations.RunSQL(DELETION),
        migrations.RunSQL(ACTIVE),
        migrations.RunSQL(SESSIONS),
        migrations.RunSQL(TOKENS),
        migrations.RunSQL(HIDING),
        migrations.RunSQL(HIDDEN),
    ]
