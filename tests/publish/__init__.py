"""Handing finished runs on: summary, exports, copies, publishing, notification."""
