// Queries and mutations, by urql.

import { Client, type CombinedError, fetchExchange, mapExchange, type OperationResult } from '@urql/core';
import { ENDPOINT } from '../server';
import { accessToken } from '../session';
import type { TypedDocumentString } from './__generated__/graphql';
import { remember } from './nodes';

/** Codes of errors after which the same request can succeed. */
const PASSING = ['RATE_LIMITED', 'TOKEN_EXPIRED', 'TOO_MANY_CONNECTIONS', 'UNAVAILABLE', 'TIMEOUT'];

/** Why there is no answer. */
export class Failure extends Error {
  /** Whether to send the same request again. */
  readonly canPass: boolean;
  readonly code: string | undefined;

  constructor({ graphQLErrors: [first], networkError, message }: CombinedError) {
    super(first?.message ?? (networkError ? 'The server can’t be reached.' : message));
    this.code = first?.extensions.code as string | undefined;
    this.canPass = first === undefined || PASSING.includes(this.code ?? '');
  }
}

async function fetchWithToken(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const token = await accessToken();
  const headers = new Headers(init.headers);
  if (token) headers.set('Authorization', `Bearer ${token}`);
  return fetch(url, { ...init, headers });
}

const client = new Client({
  url: ENDPOINT,
  fetch: fetchWithToken,
  preferGetMethod: false,
  requestPolicy: 'network-only',
  exchanges: [mapExchange({ onResult: ({ data }) => data && remember(data) }), fetchExchange],
});

function dataOf<Data>({ data, error }: OperationResult): Data {
  if (error) throw new Failure(error);
  return data;
}

/** The data of a query. Errors: Failure. */
export async function query<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
  return dataOf(await client.query(document.toString(), variables as object).toPromise());
}

/** The data of a mutation. Errors: Failure; expected ones are in its payload. */
export async function mutate<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
  return dataOf(await client.mutation(document.toString(), variables as object).toPromise());
}
