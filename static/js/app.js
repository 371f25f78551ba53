// The one script of Asora's pages. Each file is one behaviour: it starts by an attribute or a class that a page carries,
// and does nothing on the others. See static/README.md.

// On every page.
import "./theme.js";
import "./submit_once.js";
import "./copy.js";
import "./navigation.js";
import "./print.js";

// On pages of people who are signed in.
import "./shortcuts.js";
import "./local_time.js";
import "./toasts.js";
import "./filters.js";
import "./unsaved.js";
import "./row_keys.js";

// On the page of one task.
import "./column_mapping.js";
import "./count_sheet.js";
import "./line_editor.js";
import "./presence.js";
import "./scan_lookup.js";
