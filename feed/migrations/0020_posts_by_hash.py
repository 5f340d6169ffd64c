"""The posts of a page are looked up by a hash index, which takes PostgreSQL less than the tree of the primary key."""

from django.contrib.postgres.indexes import HashIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0019_entities_until_found")]
    operations = [AddIndexConcurrently("post", HashIndex("id", name="posts_by_hash"))]
