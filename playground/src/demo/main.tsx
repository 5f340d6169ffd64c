// A client of the API as an app would write it: live, and writable without a network. docs/decisions/playground.md has
// an overview of its files.

import './demo.css';
import { type ReactNode, StrictMode, useEffect, useLayoutEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { element } from '../server';
import { Icon, type IconName } from './icons';
import { live } from './live';
import { followNotifications, unseen } from './notifications';
import { flush, outbox } from './outbox';
import { renew } from './push';
import { documentation, refusal } from './refusals';
import { link, place, restoreScroll } from './router';
import { Bookmarks } from './screens/bookmarks';
import { CommentPage } from './screens/comment-page';
import { EditProfile } from './screens/edit-profile';
import { HashtagPage } from './screens/hashtag';
import { Home } from './screens/home';
import { Notifications, Toast } from './screens/notifications';
import { PostPage } from './screens/post-page';
import { Profile } from './screens/profile';
import { QuotePost } from './screens/quote';
import { Search } from './screens/search';
import { SignIn } from './screens/sign-in';
import { Users } from './screens/users';
import { loadViewer, viewer } from './viewer';

const STATES = { connecting: 'Connecting…', live: 'Live', reconnecting: 'Reconnecting…' };

const SCREENS: Record<string, (first: string, second?: string) => ReactNode> = {
  bookmarks: () => <Bookmarks />,
  comment: (id) => <CommentPage key={id} id={id} />,
  'edit-profile': () => <EditProfile />,
  notifications: () => <Notifications />,
  post: (id) => <PostPage key={id} id={id} />,
  quote: (id) => <QuotePost key={id} id={id} />,
  search: (asked) => <Search asked={asked} />,
  'sign-in': () => <SignIn />,
  tag: (name) => <HashtagPage name={name} />,
  users: () => <Users />,
  user: (username, tab) => <Profile username={username} tab={tab === 'media' ? 'MEDIA' : 'POSTS'} />,
};

function Status() {
  const { state, resumed } = live.use();
  const waiting = outbox.use().length;
  return (
    <span role="status" className={`status ${state}`}>
      {STATES[state]}
      {resumed > 0 && ` · resumed ${resumed}×`}
      {waiting > 0 && ` · ${waiting} to send`}
    </span>
  );
}

function Refused() {
  const refused = refusal.use();
  if (!refused) return null;
  return (
    <p role="alert">
      {refused.message} {refused.code && <a href={documentation(refused.code)}>What to do</a>}
    </p>
  );
}

function Tab({ icon, label, to, count = 0 }: { icon: IconName; label: string; to: string[]; count?: number }) {
  const { parts } = place.use();
  const isHere = to.length ? to.every((part, index) => parts[index] === part) : !parts.length;
  return (
    <a href={link(...to)} aria-current={isHere ? 'page' : undefined} aria-label={count ? `${label}: ${count}` : label}>
      <Icon name={icon} />
      <span>{label}</span>
      {count > 0 && <b className="badge">{count}</b>}
    </a>
  );
}

function Navigation() {
  const account = viewer.use();
  return (
    <nav className="main" aria-label="Main">
      <Tab icon="home" label="Home" to={[]} />
      <Tab icon="search" label="Explore" to={['search']} />
      <Tab icon="users" label="Users" to={['users']} count={account?.followRequestCount.count} />
      <Tab icon="bell" label="Notifications" to={['notifications']} count={unseen.use().count} />
      <Tab icon="bookmark" label="Bookmarks" to={['bookmarks']} />
      {account && <Tab icon="user" label="Profile" to={['user', account.user.username]} />}
    </nav>
  );
}

function Demo() {
  const { parts: [screen = '', first = '', second], visit } = place.use();
  const account = viewer.use();
  const [problem, setProblem] = useState('');
  useEffect(() => void loadViewer().then(followNotifications).then(flush).then(renew).catch((error: Error) => setProblem(error.message)), []);
  useLayoutEffect(restoreScroll, [visit]);
  return (
    <>
      <header className="top">
        <h1><a href={link()}>Demo</a></h1>
        {account && <a className="muted" href={link('sign-in')}>@{account.user.username}</a>}
        <Status />
      </header>
      <Navigation />
      <Toast />
      <main>
        {problem && <p role="alert">{problem}</p>}
        <Refused />
        {(account || screen === 'sign-in') && (SCREENS[screen]?.(first, second) ?? <Home />)}
      </main>
    </>
  );
}

createRoot(element).render(
  <StrictMode>
    <Demo />
  </StrictMode>,
);
