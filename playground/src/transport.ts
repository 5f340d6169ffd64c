// How the editor's operations reach the server: HTTP, and for subscriptions WebSocket, event streams or both.

import type { Fetcher, FetcherParams, Observable } from '@graphiql/toolkit';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { operationOf } from './operations';
import { ENDPOINT, development } from './server';
import { accessToken } from './session';
import { Store } from './store';

export const TRANSPORTS = ['WebSocket', 'SSE', 'both'] as const;
export type Transport = (typeof TRANSPORTS)[number];
const EVENTS_SHOWN = 100;

export const transport = new Store<Transport>('WebSocket');

/** What is known of the last answer to a query or mutation. */
export interface Answer {
  params: FetcherParams;
  milliseconds: number;
  bytes: number;
  status: number;
  execution: string | null;
  cost: unknown;
  trace: string;
}

export const lastAnswer = new Store<Answer | null>(null);

type Headers = Record<string, string>;

async function authorized(headers: Headers = {}): Promise<Headers> {
  const token = await accessToken();
  return token ? { Authorization: `Bearer ${token}`, ...headers } : headers;
}

async function request(params: FetcherParams, own?: Headers): Promise<any> {
  const trace = crypto.randomUUID?.() ?? String(Math.random());
  const headers = await authorized(own);
  const isIntrospection = params.operationName === 'IntrospectionQuery';
  const began = performance.now();
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      ...(development && !isIntrospection && { 'X-Trace': trace }),
      ...headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  const milliseconds = performance.now() - began;
  const result = JSON.parse(text);
  if (!isIntrospection) {
    const execution = response.headers.get('x-execution');
    const bytes = new TextEncoder().encode(text).length;
    lastAnswer.set({ params, milliseconds, bytes, status: response.status, execution, cost: result.extensions?.cost, trace });
  }
  return result;
}

interface Sink {
  next(result: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

function bySocket(params: FetcherParams, sink: Sink, own?: Headers): () => void {
  const url = new URL(ENDPOINT, location.href.replace(/^http/, 'ws')).href;
  const client = createSocketClient({ url, connectionParams: () => authorized(own) });
  client.subscribe(params as any, sink);
  return () => void client.dispose();
}

function byStream(params: FetcherParams, sink: Sink, own?: Headers): () => void {
  const client = createStreamClient({ url: ENDPOINT, headers: () => authorized(own) });
  client.subscribe(params as any, sink);
  return () => client.dispose();
}

const SUBSCRIBE = { WebSocket: bySocket, SSE: byStream };

/** An observable of all events so far, newest first. */
function subscription(params: FetcherParams, own?: Headers): Observable<any> {
  const observable = {
    subscribe(sink: Sink) {
      const chosen = transport.get();
      const names = chosen === 'both' ? (['WebSocket', 'SSE'] as const) : [chosen];
      const events: object[] = [];
      let received = 0;
      let open = names.length;
      const ends = names.map((by) =>
        SUBSCRIBE[by](
          params,
          {
            next(result) {
              events.unshift({ at: new Date().toISOString().slice(11, 23), by, ...(result as object) });
              events.length = Math.min(events.length, EVENTS_SHOWN);
              sink.next({ received: ++received, events });
            },
            error: sink.error,
            complete: () => --open || sink.complete(),
          },
          own,
        ),
      );
      return { unsubscribe: () => ends.forEach((end) => end()) };
    },
  };
  return observable as Observable<any>;
}

export const fetcher: Fetcher = (params, options) => {
  const { kind, name } = operationOf(params.query, params.operationName);
  const sent = { ...params, operationName: name };
  return kind === 'subscription' ? subscription(sent, options?.headers) : request(sent, options?.headers);
};
