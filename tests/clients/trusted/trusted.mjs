// The tools of three clients write their manifests, the operator trusts them, and the clients send nothing else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';

import { gql } from '@apollo/client';
import { fetchQuery, getRequest, requestSubscription } from 'relay-runtime';

import { Arrivals, scene, url, websocketUrl } from '../scene.mjs';
import { createTrustedApollo } from './apollo.mjs';
import { execute } from './execute.mjs';
import { createTrustedRelay } from './relay.mjs';

const GENERATED = 'trusted/__generated__';
const MANIFESTS = ['persisted-query-manifest', 'persisted-documents', 'relay-documents'];
const run = (cwd, ...words) => execFileSync(process.execPath, words, { cwd, encoding: 'utf8' });
const command = (...words) => execFileSync(process.env.PYTHON, ['manage.py', 'trust_documents', ...words], { cwd: '../..', encoding: 'utf8' });
const document = (name) => readFileSync(`trusted/operations/${name}.graphql`, 'utf8');
const require = createRequire(import.meta.url);
const texts = ({ edges }) => edges.map(({ node }) => node.text);

rmSync(GENERATED, { recursive: true, force: true });
mkdirSync(GENERATED);
run('.', 'node_modules/.bin/generate-persisted-query-manifest', '--config', 'trusted/persisted-query-manifest.config.json');
run('.', 'node_modules/.bin/graphql-codegen', '--config', 'trusted/codegen.ts', '--silent');
writeFileSync(`${GENERATED}/relay-documents.json`, '{}'); // The compiler only adds to it.
run('trusted', '../node_modules/.bin/relay-compiler', 'relay.config.json');
run('.', 'node_modules/.bin/tsc', `${GENERATED}/graphql.ts`, '--outDir', `${GENERATED}/js`, '--module', 'commonjs', '--target', 'es2022', '--ignoreConfig');
const files = MANIFESTS.map((name) => `tests/clients/${GENERATED}/${name}.json`);

test('before, every client is refused', async () => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: document('Newest') }),
  });
  assert.equal(response.status, 403);
  assert.equal((await response.json()).errors[0].extensions.code, 'DOCUMENT_NOT_TRUSTED');
});

test('the manifests of all tools are trusted', () => {
  assert.match(command('--check', ...files), /can be trusted/);
  assert.match(command(...files), /are trusted/);
});

test('Apollo Client sends hashes from its manifest, queries by GET', async () => {
  const manifest = JSON.parse(readFileSync(`${GENERATED}/persisted-query-manifest.json`, 'utf8'));
  const client = createTrustedApollo(url, async () => manifest);
  const { data } = await client.query({ query: gql(document('Newest')), variables: { first: 2 } });
  assert.deepEqual(texts(data.publicFeed), ['x', 'x']);
  const events = new Arrivals();
  const watching = client.subscribe({ query: gql(document('Watch')), variables: { postIds: scene.posts.slice(0, 1) } }).subscribe({
    next: ({ data, error }) => (error ? events.fail(error) : events.push(data.postInteractions)),
    error: events.fail,
  });
  assert.equal((await events.next()).__typename, 'SubscriptionReady');
  watching.unsubscribe();
  client.stop();
});

test('a document of graphql-codegen is sent by its hash', async () => {
  const { NewestDocument } = require(`./__generated__/js/graphql.js`);
  const { data, errors } = await execute(url, NewestDocument, { first: 2 });
  assert.equal(errors, undefined);
  assert.deepEqual(texts(data.publicFeed), ['x', 'x']);
});

test('Relay sends the documentId of its artifacts, over HTTP and WebSocket', async () => {
  const environment = createTrustedRelay(url, websocketUrl);
  const artifact = (name) => require(`./__generated__/${name}.graphql.js`);
  const newest = artifact('documentsNewestQuery');
  assert.equal(getRequest(newest).params.text, null);
  const { publicFeed } = await fetchQuery(environment, newest, { first: 2 }).toPromise();
  assert.deepEqual(texts(publicFeed), ['x', 'x']);
  const events = new Arrivals();
  const { dispose } = requestSubscription(environment, {
    subscription: artifact('documentsWatchSubscription'),
    variables: { postIds: scene.posts.slice(0, 1) },
    onNext: ({ postInteractions }) => events.push(postInteractions),
    onError: events.fail,
  });
  assert.equal((await events.next()).__typename, 'SubscriptionReady');
  dispose();
});
