import { type FormEvent, useState } from 'react';
import { session, signIn, signOut } from '../../session';

/** Everything that the page holds is the old user's, so it begins anew. */
function beginAnew(): void {
  location.hash = '#/';
  location.reload();
}

export function SignIn() {
  const signedIn = session.use();
  const [problem, setProblem] = useState('');
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    try {
      await signIn(String(fields.get('login')), String(fields.get('password')));
      beginAnew();
    } catch (error) {
      setProblem((error as Error).message);
    }
  }
  return (
    <form className="fields" onSubmit={(event) => void submit(event)}>
      <h2>Sign in</h2>
      {signedIn && <p className="muted">You are @{signedIn.username}. Each tab can be another user.</p>}
      {problem && <p role="alert">{problem}</p>}
      <label>Username or e-mail address <input name="login" autoComplete="username" required /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" required /></label>
      <button className="primary">Sign in</button>
      <p><a href="/graphql/">Sign in as any user without a password, in the playground</a></p>
      {signedIn && <button type="button" onClick={() => void signOut().finally(beginAnew)}>Sign out</button>}
    </form>
  );
}
