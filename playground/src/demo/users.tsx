// Users: their picture, name and the button to follow them.

import type { ReactNode } from 'react';
import type { ActorFragment, FollowState } from './__generated__/graphql';
import { useNode } from './nodes';
import { write } from './outbox';
import { link } from './router';
import { viewer } from './viewer';

export function Avatar({ user }: { user: ActorFragment }) {
  const { avatarUrl, displayName } = useNode(user);
  if (avatarUrl) return <img className="avatar" src={avatarUrl} alt="" loading="lazy" />;
  return <span className="avatar" aria-hidden="true">{[...displayName][0]}</span>;
}

export function Name({ user }: { user: ActorFragment }) {
  const { username, displayName } = useNode(user);
  return (
    <a className="name" href={link('user', username)}>
      <b>{displayName}</b> <span className="muted">@{username}</span>
    </a>
  );
}

export function UserRow({ user, children }: { user: ActorFragment; children?: ReactNode }) {
  return (
    <li className="row">
      <Avatar user={user} />
      <Name user={user} />
      {children}
    </li>
  );
}

type Followable = ActorFragment & { viewerFollowState: FollowState; isPrivate?: boolean };
const LABELS = { NOT_FOLLOWING: 'Follow', REQUESTED: 'Requested', FOLLOWING: 'Following' };

export function FollowButton({ user }: { user: Followable }) {
  const { id, displayName, viewerFollowState, isPrivate } = useNode(user);
  if (id === viewer.use()?.user.id) return null;
  const follows = viewerFollowState !== 'NOT_FOLLOWING';
  function toggle() {
    const before = { id, viewerFollowState };
    if (follows) write('unfollowUser', { userId: id }, { id, viewerFollowState: 'NOT_FOLLOWING' }, before);
    else write('followUser', { userId: id }, { id, viewerFollowState: isPrivate ? 'REQUESTED' : 'FOLLOWING' }, before);
  }
  return (
    <button className={follows ? '' : 'primary'} aria-pressed={follows} aria-label={`${LABELS[viewerFollowState]}: ${displayName}`} onClick={toggle}>
      {LABELS[viewerFollowState]}
    </button>
  );
}
