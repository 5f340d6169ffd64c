import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';

import { operation, scene, url } from '../scene.mjs';

const GENERATED = 'codegen/__generated__';
const run = (program, ...words) => execFileSync(process.execPath, [`node_modules/.bin/${program}`, ...words], { encoding: 'utf8' });

test('the code of every operation is generated, compiled strictly and works', async () => {
  rmSync(GENERATED, { recursive: true, force: true });
  run('graphql-codegen', '--config', 'codegen/codegen.ts', '--silent');
  const code = readFileSync(`${GENERATED}/graphql.ts`, 'utf8');
  const names = readdirSync('../operations').sort().map((file) => file.replace('.graphql', ''));
  assert.deepEqual(
    names.filter((name) => !code.includes(`export const ${name}Document = `)),
    ['Cost', 'EditRichPost', 'HomeFeedEventsWhole'], // codegen.ts says why.
  );
  assert.match(operation('Cost'), /rateLimit/); // It asks for a field that is not served.

  run('tsc', '--project', 'codegen/tsconfig.json');
  const { likeNewest, summary } = createRequire(import.meta.url)('./__generated__/js/usage.js');
  assert.deepEqual(await likeNewest({ url, token: scene.viewer }), { username: 'p1', likes: 1, text: 'x' });
  assert.equal(summary({ __typename: 'FeedEntryRemoved', cursor: 'c', postId: 'p' }), 'p');
});
