"""Nothing in the tables changes. The guards do, and are put in place after every migrate."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('registry_app', '0006_guards_of_collections'),
    ]

    operations = []
