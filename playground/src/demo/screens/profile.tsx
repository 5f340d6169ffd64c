import type { ReactNode } from 'react';
import { ProfileDocument, ProfilePostsDocument, type ProfilePostsQuery, type ProfileTab } from '../__generated__/graphql';
import { ListOf } from '../list';
import { useWatch } from '../live';
import { useNode } from '../nodes';
import { Icon } from '../icons';
import { usePages } from '../pages';
import { PostCard } from '../post';
import { link } from '../router';
import { Avatar, FollowButton } from '../users';
import { viewer } from '../viewer';

type User = NonNullable<ProfilePostsQuery['user']>;

function Count({ count, children }: { count: number | undefined; children: ReactNode }) {
  return <span><b>{count?.toLocaleString() ?? '…'}</b> <span className="muted">{children}</span></span>;
}

function Header({ user: given }: { user: User }) {
  const user = useNode(given);
  const counts = usePages(ProfileDocument, { username: user.username, first: 0 }, () => null).data?.user;
  const known = given.knownFollowers.edges.map(({ node }) => node.displayName);
  const isOwn = viewer.use()?.user.id === user.id;
  return (
    <section className="profile">
      <Avatar user={user} />
      <div>
        <h2>{user.displayName} {user.isPrivate && <span title="Private account"><Icon name="lock" /></span>}</h2>
        <p className="muted">@{user.username}{counts?.followsViewer && ' · follows you'}</p>
      </div>
      {isOwn ? <a className="button" href={link('edit-profile')}>Edit profile</a> : <FollowButton user={user} />}
      <p className="text bio" dir="auto">{user.bio}</p>
      <p className="counts">
        <Count count={counts?.postCount}>posts</Count>
        <Count count={counts?.followerCount}>followers</Count>
        <Count count={counts?.followingCount}>following</Count>
      </p>
      {known.length > 0 && <p className="muted">Followed by {known.join(', ')}, whom you follow</p>}
    </section>
  );
}

const TABS: Record<ProfileTab, string> = { POSTS: 'Posts', MEDIA: 'Pictures' };

export function Profile({ username, tab }: { username: string; tab: ProfileTab }) {
  const pages = usePages(ProfilePostsDocument, { username, tab }, ({ user }) => user?.posts);
  const user = pages.data?.user;
  const pinned = tab === 'POSTS' ? user?.pinnedPost : null;
  useWatch([...pages.edges.map(({ node }) => node.id), ...(pinned ? [pinned.id] : [])], pages);
  if (pages.data && !user) return <p className="muted">There is no user of this name.</p>;
  return (
    <>
      {user && <Header user={user} />}
      <nav className="tabs" aria-label="Profile">
        {Object.entries(TABS).map(([each, label]) => (
          <a key={each} href={link('user', username, each.toLowerCase())} aria-current={each === tab ? 'page' : undefined}>{label}</a>
        ))}
      </nav>
      {pinned && <PostCard post={pinned} note="Pinned" />}
      <ListOf pages={pages} empty={user?.isPrivate ? 'Only accepted followers see these posts.' : 'Nothing yet.'}>
        {({ node, sharedBy }) => node.id !== pinned?.id && <PostCard key={node.id} post={node} sharedBy={sharedBy} />}
      </ListOf>
    </>
  );
}
