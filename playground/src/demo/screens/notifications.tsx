import { useEffect } from 'react';
import { type NotificationCardFragment, NotificationsDocument } from '../__generated__/graphql';
import { ListOf } from '../list';
import { useNode } from '../nodes';
import { markSeen, newest, onNotification, unseen } from '../notifications';
import { usePages } from '../pages';
import { When } from '../post';
import { target as pushTarget, turnOff, turnOn } from '../push';
import { refusal, refuse } from '../refusals';
import { link } from '../router';
import { Avatar } from '../users';

/** Where a notification leads: to the comment, the post, or the user. */
function target({ comment, post, actors }: NotificationCardFragment): string {
  if (comment) return link('comment', comment.id);
  if (post) return link('post', post.id);
  return link('user', actors.edges[0]?.node.username ?? '');
}

function NotificationRow({ notification: given }: { notification: NotificationCardFragment }) {
  const notification = useNode(given);
  const { summary, actors, comment, post, latestAt } = notification;
  return (
    <li className={`row ${given.isSeen ? '' : 'focus'}`}>
      {actors.edges[0] && <Avatar user={actors.edges[0].node} />}
      <a className="notification" href={target(notification)}>
        {summary} <span className="muted"><When time={latestAt} /></span>
        <span className="muted excerpt">{comment?.text ?? post?.text}</span>
      </a>
    </li>
  );
}

function PushButton() {
  const isOn = pushTarget.use() !== null;
  async function turn(): Promise<void> {
    refusal.set(null);
    await (isOn ? turnOff() : turnOn());
  }
  return <button onClick={() => void turn().catch(refuse)}>{isOn ? 'Turn off push' : 'Turn on push'}</button>;
}

export function Notifications() {
  const pages = usePages(NotificationsDocument, {}, ({ notifications }) => notifications);
  const top = pages.edges[0]?.cursor;
  const { count } = unseen.use();
  useEffect(() => onNotification((event) => {
    if (event.__typename === 'NotificationAdded') pages.reload();
    // One that an unblock or a setting shows again is not in the list yet.
    if (event.__typename === 'NotificationChanged' && pages.edges.every(({ node }) => node.id !== event.notification.id)) pages.reload();
    if (event.__typename === 'NotificationRemoved') pages.change((edges) => edges.filter(({ node }) => node.id !== event.notificationId));
  }));
  useEffect(() => {
    if (top && count) void markSeen(top).catch(() => {}); // At the next visit.
  }, [top]);
  return (
    <>
      <div className="title">
        <h2>Notifications</h2>
        <PushButton />
      </div>
      <ul className="rows">
        <ListOf pages={pages} empty="Nothing yet.">{({ node }) => <NotificationRow key={node.id} notification={node} />}</ListOf>
      </ul>
    </>
  );
}

/** The newest notification, for a moment. */
export function Toast() {
  const notification = newest.use();
  return (
    <div className="toast" role="status" aria-live="polite">
      {notification && <a href={target(notification)} onClick={() => newest.set(null)}>{notification.summary}</a>}
    </div>
  );
}
