import { type FormEvent, useEffect, useState } from 'react';
import { UserIcon } from './icons';
import { development, query } from './server';
import { session, signIn, signInWithoutPassword, signOut } from './session';

const USER = 'username displayName';
const USERS = `{
  demo: user(username: "demo") { ${USER} following(first: 20) { edges { node { ${USER} } } } }
  publicFeed(first: 20) { edges { node { author { ${USER} } } } }
}`;

interface User {
  username: string;
  displayName: string;
}

/** The demo user, whom they follow, and the authors of the newest posts. */
async function someUsers(): Promise<User[]> {
  const { demo, publicFeed } = await query(USERS);
  const users: User[] = [demo, ...(demo?.following.edges ?? []).map((edge: any) => edge.node), ...publicFeed.edges.map((edge: any) => edge.node.author)];
  return [...new Map(users.filter(Boolean).map((user) => [user.username, user])).values()];
}

function PasswordForm({ run }: { run: (action: Promise<void>) => void }) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    run(signIn(String(form.get('login')), String(form.get('password'))));
  }
  return (
    <form className="pg-form" onSubmit={submit}>
      <input name="login" placeholder="Username or e-mail" aria-label="Username or e-mail" autoComplete="username" required />
      <input name="password" type="password" placeholder="Password" aria-label="Password" autoComplete="current-password" required />
      <button className="pg-button">Sign in</button>
    </form>
  );
}

function OneClick({ run }: { run: (action: Promise<void>) => void }) {
  const held = session.use();
  const [users, setUsers] = useState<User[]>([]);
  const [filter, setFilter] = useState('');
  useEffect(() => void someUsers().then(setUsers, () => setUsers([])), []);
  const name = filter.trim().toLowerCase();
  const shown = users.filter((user) => `${user.username} ${user.displayName}`.toLowerCase().includes(name));
  return (
    <>
      <p>One click signs in, in this tab only. Any username will do.</p>
      <form
        className="pg-form"
        onSubmit={(event) => {
          event.preventDefault();
          run(signInWithoutPassword(shown.length === 1 ? shown[0]!.username : filter.trim()));
        }}
      >
        <input value={filter} onChange={(event) => setFilter(event.target.value)} placeholder="Username" aria-label="Find a user" />
      </form>
      <ul className="pg-list">
        {shown.map((user) => (
          <li key={user.username}>
            <button aria-pressed={user.username === held?.username} onClick={() => run(signInWithoutPassword(user.username))}>
              <b>{user.displayName}</b> <span>@{user.username}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Users() {
  const held = session.use();
  const [problem, setProblem] = useState('');
  const run = (action: Promise<void>) => {
    setProblem('');
    action.catch((error: Error) => setProblem(error.message));
  };
  return (
    <section className="pg-pane" aria-label="Users">
      <h2>Users</h2>
      {held ? (
        <p>
          Signed in as <b>@{held.username}</b>. The access token goes into the headers of each request and refreshes by itself.{' '}
          <button className="pg-link" onClick={() => run(signOut())}>
            Sign out
          </button>
        </p>
      ) : (
        <p>Not signed in.</p>
      )}
      {problem && <p role="alert">{problem}</p>}
      {development && <OneClick run={run} />}
      <h3>With a password</h3>
      <PasswordForm run={run} />
    </section>
  );
}

export const USERS_PLUGIN = { title: 'Users', icon: UserIcon, content: Users };
