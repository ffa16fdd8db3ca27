from django.contrib import admin

from tests.admin.pages import address
from tests.admin.test_pages import fill

VALUES = [
    "",
    "x",
    "-1",
    "99999",
    "9" * 30,
    str(2**63),
    "1e400",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "\0",
    "٣",
    "true",
    "(",
    "0",
    "%",
    "x" * 5000,
]


def test_x(client, root, acme):
    client.raise_request_exception = False
    client.force_login(root)
    fill(acme, range(1))
    n = 0
    bad = []
    from collections import Counter

    c = Counter()
    for model, ma in admin.site._registry.items():
        url = address("changelist", model)
        names = [getattr(each, "parameter_name", each) for each in ma.list_filter]
        for name in names:
            for s in ("", "__exact", "__isnull", "__id__exact"):
                for v in VALUES:
                    n += 1
                    r = client.get(url, {name + s: v})
                    c[r.status_code] += 1
                    if r.status_code >= 500:
                        bad.append((model.__name__, name + s, v[:20], str(r.exc_info[1])[:100]))
    print(n, c)
    print("\n".join(map(str, bad)))
