"""Nothing in the tables changes. Guards and search's index do, and are put in place after every migrate."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('registry_app', '0005_audit_indexes'),
    ]

    operations = []
