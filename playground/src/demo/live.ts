// Subscriptions that resume after the event they saw last, over one WebSocket. They go past urql, since each resumes
// with a cursor of its own.

import { createClient } from 'graphql-ws';
import { useEffect } from 'react';
import { ENDPOINT } from '../server';
import { accessToken } from '../session';
import { Store } from '../store';
import { PostInteractionsDocument, type ThreadEventsSubscription, ThreadEventsDocument, type TypedDocumentString } from './__generated__/graphql';
import { remember } from './nodes';
import type { Pages } from './pages';

const PING_MS = 5_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
const WATCHED_AT_MOST = 100;

export interface LiveState {
  state: 'connecting' | 'live' | 'reconnecting';
  /** How often a subscription has gone on where it had stopped. */
  resumed: number;
}

export const live = new Store<LiveState>({ state: 'connecting', resumed: 0 });

let socket: WebSocket | undefined;
let pongTimer: ReturnType<typeof setTimeout>;

// A network that is cut does not close its connections: a ping without an answer does.
const client = createClient({
  url: new URL(ENDPOINT, location.href.replace(/^http/, 'ws')).href,
  retryAttempts: 0,
  keepAlive: PING_MS,
  connectionParams: async () => {
    const token = await accessToken();
    return token ? { authorization: `Bearer ${token}` } : {};
  },
  on: {
    opened: (opened) => (socket = opened as WebSocket),
    ping: (received) => {
      if (!received) pongTimer = setTimeout(() => socket?.close(4408, 'No answer to a ping'), PING_MS);
    },
    pong: (received) => received && clearTimeout(pongTimer),
  },
});

/** Where in the event log a subscription stands. null: not known, so it begins from now, and what was queried before is to be queried again. */
export interface Position {
  cursor: string | null;
}

type Event = { __typename: string; cursor: string; resumed?: boolean };

/**
 * Follows a subscription for ever, and moves its position on: after each break it goes on after the last event. `resync`: query again,
 * something was missed. Returns how to end that.
 */
export function follow<Data, Variables extends { after?: string | null }>(
  document: TypedDocumentString<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  position: Position,
  see: (event: Data[keyof Data]) => void,
  resync: () => void,
): () => void {
  let failures = 0;
  let isStopped = false;
  let end = () => {};

  function next({ data }: { data?: Data | null }): void {
    const event = Object.values(data ?? {})[0] as Event | undefined;
    if (!event || isStopped) return;
    const isBehind = position.cursor === null;
    position.cursor = event.__typename === 'ResyncRequired' ? null : event.cursor; // The old one would be refused again.
    if (event.__typename === 'SubscriptionReady') {
      const { resumed } = live.get();
      live.set({ state: 'live', resumed: resumed + (failures && event.resumed ? 1 : 0) });
      failures = 0;
      // What is queried from here on has all that came before the subscription.
      if (isBehind) resync();
    } else if (event.__typename !== 'ResyncRequired') {
      remember(event);
      see(event as Data[keyof Data]);
    }
  }

  function begin(): void {
    if (isStopped) return;
    const operation = { query: document.toString(), variables: { ...variables, after: position.cursor } };
    end = client.subscribe<any>(operation, { next, error: again, complete: again });
  }

  function again(): void {
    if (isStopped) return;
    live.set({ ...live.get(), state: 'reconnecting' });
    setTimeout(begin, Math.min(FIRST_RETRY_MS * 2 ** failures++, LAST_RETRY_MS));
  }

  begin();
  return () => {
    isStopped = true;
    end();
  };
}

export type PostEvent = ThreadEventsSubscription['postInteractions'];

/** Where a list of posts stands: each of its two subscriptions has its own position. */
export interface Positions {
  likes: Position;
  thread: Position;
}

/** Both positions at the `eventCursor` of a page. */
export function positionsAt(cursor: string | null): Positions {
  return { likes: { cursor }, thread: { cursor } };
}

/** Watches posts, and moves the positions on. Returns how to end that. */
export function watch(postIds: string[], { likes, thread }: Positions, see: (event: PostEvent) => void, resync: () => void): () => void {
  const ids = [...new Set(postIds)].slice(0, WATCHED_AT_MOST);
  if (!ids.length) return () => {};
  const resyncOnce = () => void (likes.cursor && thread.cursor && resync()); // Both have begun anew.
  const stops = [
    follow(PostInteractionsDocument, { postIds: ids }, likes, () => {}, resyncOnce),
    follow(ThreadEventsDocument, { postIds: ids }, thread, see, resyncOnce),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Watches the posts of a list from where it stands, as long as the component is there. */
export function useWatch(postIds: string[], { positions, reload }: Pages<any, any>, see: (event: PostEvent) => void = () => {}): void {
  useEffect(() => positions && watch(postIds, positions, see, reload), [postIds.join(), positions]);
}
