"""The shared vocabulary: settings, ids, errors, pages and event classes. Words only, no input or output."""
