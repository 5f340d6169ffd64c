// The account of who is signed in.

import { session, signInWithoutPassword } from '../session';
import { Store } from '../store';
import { MeDocument, type MeQuery } from './__generated__/graphql';
import { query } from './api';

export const viewer = new Store<NonNullable<MeQuery['account']> | null>(null);

/** Reads the account, of the user `demo` if nobody is signed in. */
export async function loadViewer(): Promise<void> {
  if (!session.get()) await signInWithoutPassword('demo');
  viewer.set((await query(MeDocument, {})).account ?? null);
}
