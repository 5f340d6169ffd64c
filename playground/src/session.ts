// The signed-in user. Each browser tab has its own, so two tabs can be two users.

import REFRESH_SESSION from '../../tests/operations/RefreshSession.graphql';
import SIGN_IN from '../../tests/operations/SignIn.graphql';
import SIGN_OUT from '../../tests/operations/SignOut.graphql';
import { fromDevelopment, query } from './server';
import { Store } from './store';

export interface Session {
  username: string;
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
}

const KEY = 'playground:session';
const REFRESH_BEFORE_MS = 30_000;

export const session = new Store<Session | null>(JSON.parse(sessionStorage.getItem(KEY) ?? 'null'));
session.subscribe(() => sessionStorage.setItem(KEY, JSON.stringify(session.get())));

class Refused extends Error {}

/** A new session, beside the signed-in one. */
export async function newSession(login: string, password: string): Promise<Session> {
  const { signIn: answer } = await query(SIGN_IN, { input: { login, password } });
  if (!answer.session) throw new Refused(answer.errors[0].message);
  return { ...answer.session, username: answer.session.viewer.username };
}

export async function signIn(login: string, password: string): Promise<void> {
  session.set(await newSession(login, password));
}

export async function signInWithoutPassword(username: string): Promise<void> {
  session.set(await fromDevelopment('sign-in', { username }));
}

export async function signOut(): Promise<void> {
  const refreshToken = session.get()?.refreshToken;
  session.set(null);
  if (refreshToken) await query(SIGN_OUT, { input: { refreshToken } });
}

let refreshing: Promise<void> | null = null;

async function refresh(old: Session): Promise<void> {
  try {
    const input = { refreshToken: old.refreshToken };
    const { refreshSession: answer } = await query(REFRESH_SESSION, { input });
    if (!answer.session) throw new Refused(answer.errors[0].message);
    if (session.get() === old) session.set({ ...old, ...answer.session });
  } catch (error) {
    if (!(error instanceof Refused)) throw error; // The session may be alive: the server could not be asked.
    if (session.get() === old) session.set(null);
  }
}

/** The access token, refreshed shortly before it expires; null for an anonymous user. Fails without a network. */
export async function accessToken(): Promise<string | null> {
  const held = session.get();
  if (held && Date.parse(held.accessTokenExpiresAt) < Date.now() + REFRESH_BEFORE_MS) {
    refreshing ??= refresh(held).finally(() => (refreshing = null));
    await refreshing;
  }
  return session.get()?.accessToken ?? null;
}
