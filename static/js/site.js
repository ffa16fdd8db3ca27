/* The scripts of every page, as modules. collectstatic makes one file of them: see config/storage.py. */
import "../django_htmx/htmx-2.min.js";
import "./failed.js";
import "./copy.js";
import "./dialog.js";
import "./find.js";
import "./names.js";
import "./zone.js";
