"""When an account's access was last ended: what began earlier works no more."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry_app', '0007_guards_of_versions'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='access_ended_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
