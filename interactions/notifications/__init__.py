"""Notifications: who did what to a user's posts, comments and account. docs/notifications.md says what they are."""
