// The notifications: how many are not seen, on all devices at once, and the newest to show for a moment.

import { Store } from '../store';
import { MarkNotificationsSeenDocument, type NotificationCardFragment, NotificationEventsDocument, type NotificationEventsSubscription, NotificationsDocument, type NotificationsQuery } from './__generated__/graphql';
import { mutate, query } from './api';
import { follow } from './live';

const SHOWN_MS = 6_000;

type Unseen = NotificationsQuery['notifications']['unseen'];
export type NotificationEvent = NotificationEventsSubscription['notificationEvents'];

export const unseen = new Store<Unseen>({ count: 0, capped: false });
export const newest = new Store<NotificationCardFragment | null>(null);

const listeners = new Set<(event: NotificationEvent) => void>();
let stop = () => {};
let timer: ReturnType<typeof setTimeout>;

/** Follows the notifications from now on. */
export async function followNotifications(): Promise<void> {
  const { notifications } = await query(NotificationsDocument, { first: 1 });
  unseen.set(notifications.unseen);
  stop();
  stop = follow(NotificationEventsDocument, {}, { cursor: notifications.eventCursor }, see, () => void followNotifications());
}

/** Calls back with each event. Returns how to end that. */
export function onNotification(callback: (event: NotificationEvent) => void): () => void {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

/** Marks as seen what is in the list from this cursor on. */
export async function markSeen(upTo: string): Promise<void> {
  const { unseen: left } = (await mutate(MarkNotificationsSeenDocument, { input: { upTo } })).markNotificationsSeen;
  if (left) unseen.set(left);
}

function see(event: NotificationEvent): void {
  if ('unseen' in event) unseen.set(event.unseen as Unseen);
  if (event.__typename === 'NotificationAdded') {
    newest.set(event.notification);
    clearTimeout(timer);
    timer = setTimeout(() => newest.set(null), SHOWN_MS);
  }
  for (const listener of listeners) listener(event);
}
