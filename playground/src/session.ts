// The signed-in user. Each browser tab has its own, so two tabs can be two users.

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
const FIELDS = 'session { accessToken accessTokenExpiresAt refreshToken viewer { username } } errors { message }';
const SIGN_IN = `mutation ($input: SignInInput!) { answer: signIn(input: $input) { ${FIELDS} } }`;
const REFRESH = `mutation ($input: RefreshSessionInput!) { answer: refreshSession(input: $input) { ${FIELDS} } }`;
const SIGN_OUT = 'mutation ($input: SignOutInput!) { signOut(input: $input) { changed } }';

export const session = new Store<Session | null>(JSON.parse(sessionStorage.getItem(KEY) ?? 'null'));
session.subscribe(() => sessionStorage.setItem(KEY, JSON.stringify(session.get())));

class Refused extends Error {}

async function tokens(mutation: string, input: object): Promise<Session> {
  const { answer } = await query(mutation, { input });
  if (!answer.session) throw new Refused(answer.errors[0].message);
  return { ...answer.session, username: answer.session.viewer.username };
}

/** A new session, beside the signed-in one. */
export const newSession = (login: string, password: string): Promise<Session> => tokens(SIGN_IN, { login, password });

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
    const renewed = await tokens(REFRESH, { refreshToken: old.refreshToken });
    if (session.get() === old) session.set(renewed);
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
