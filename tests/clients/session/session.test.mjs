import assert from 'node:assert/strict';
import test from 'node:test';

import { operation, scene, url } from '../scene.mjs';
import { createSessionFetch } from './client.mjs';

const request = (query, variables) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, variables }),
});

async function signedUp(username) {
  const input = { username, email: `${username}@example.org`, displayName: 'New', password: 'a long way to the sea' };
  const { data } = await (await fetch(url, request(operation('SignUp'), { input }))).json();
  assert.deepEqual(data.signUp.errors, []);
  return data.signUp.session;
}

test('requests with an expired token are sent again with a new one, which one of them asks for', async () => {
  const { refreshToken } = await signedUp('stays');
  const saved = [];
  let sent = 0;
  const counted = (...each) => { sent += 1; return fetch(...each); };
  const handlers = { save: (session) => saved.push(session), ended: () => assert.fail() };
  const sessionFetch = createSessionFetch(url, { accessToken: scene.expired, refreshToken }, handlers, counted);
  const ask = async () => (await (await sessionFetch(url, request('{ viewer { username } }'))).json()).data;
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), Array(3).fill({ viewer: { username: 'stays' } }));
  assert.equal(saved.length, 1);
  assert.equal(sent, 7);
  assert.notEqual(saved[0].refreshToken, refreshToken);
  assert.deepEqual(await ask(), { viewer: { username: 'stays' } });
  assert.equal(sent, 8);
});

test('a session that has ended asks to sign in', async () => {
  let ended = 0;
  const handlers = { save: () => assert.fail(), ended: () => { ended += 1; } };
  const session = { accessToken: scene.expired, refreshToken: 'of long ago' };
  const response = await createSessionFetch(url, session, handlers)(url, request('{ viewer { username } }'));
  assert.equal(response.status, 401);
  assert.equal((await response.json()).errors[0].extensions.code, 'TOKEN_EXPIRED');
  assert.equal(ended, 1);
});
