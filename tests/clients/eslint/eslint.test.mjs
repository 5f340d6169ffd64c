import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { ESLint } from 'eslint';

process.chdir(fileURLToPath(new URL('../../..', import.meta.url)));
const eslint = new ESLint({ overrideConfigFile: 'tests/clients/eslint/eslint.config.mjs' });
const rulesOf = (results) => results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => [ruleId, message]));

test('the schema and the operations follow the recommended rules', async () => {
  const results = await eslint.lintFiles(['schema.graphql', 'tests/operations/*.graphql']);
  assert.ok(results.length > 20);
  assert.deepEqual(results.flatMap(({ filePath, messages }) => messages.map((each) => ({ filePath, ...each }))), []);
});

test('a fault is found', async () => {
  const named = await eslint.lintText('"""A name."""\ntype post { Text: String }', { filePath: 'schema.graphql' });
  assert.ok(rulesOf(named).some(([rule]) => rule === '@graphql-eslint/naming-convention'));
  const unknown = await eslint.lintText('query A { nothing }', { filePath: 'tests/operations/Viewer.graphql' });
  assert.ok(rulesOf(unknown).some(([rule]) => rule === '@graphql-eslint/fields-on-correct-type'));
});
