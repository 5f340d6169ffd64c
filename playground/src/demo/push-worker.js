// The service worker: shows what is pushed, and opens the notifications when that is clicked.

self.addEventListener('push', (event) => {
  const { notificationId, summary, badge } = event.data.json();
  navigator.setAppBadge?.(badge);
  event.waitUntil(self.registration.showNotification(summary, { tag: notificationId }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow('/demo/#/notifications'));
});
