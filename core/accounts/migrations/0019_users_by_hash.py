"""Authors are looked up by a hash index, which takes PostgreSQL less than the tree of the primary key."""

from django.contrib.postgres.indexes import HashIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0018_former_names_look_like")]
    operations = [AddIndexConcurrently("user", HashIndex("id", name="users_by_hash"))]
