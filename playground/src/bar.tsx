import { pick, useGraphiQL } from '@graphiql/react';
import { useState } from 'react';
import { operationOf } from './operations';
import { showPane } from './panes';
import { development } from './server';
import { accessToken, session } from './session';
import { linkTo } from './share';
import { SNIPPETS } from './snippets';
import { useSystemColours } from './theme';
import { TRANSPORTS, type Transport, lastAnswer, transport } from './transport';

const COPIED_MS = 2_000;

function costOf(cost: unknown): string {
  if (cost === undefined || cost === null) return '';
  return ` · cost ${typeof cost === 'object' ? JSON.stringify(cost) : String(cost)}`;
}

function Status() {
  const answer = lastAnswer.use();
  if (!answer) return null;
  const text = `${answer.milliseconds.toFixed(0)} ms · ${(answer.bytes / 1024).toFixed(1)} KB${costOf(answer.cost)}${answer.execution ? ` · ${answer.execution}` : ''}`;
  return (
    <button className="pg-status" title="The last answer" disabled={!development} onClick={() => showPane('Last answer')}>
      {text}
    </button>
  );
}

/** The line above the editor: who one is, how subscriptions travel, links and code to copy, the last answer. */
export function Bar() {
  const held = session.use();
  const chosen = transport.use();
  const { queryEditor, variableEditor, operationName } = useGraphiQL(pick('queryEditor', 'variableEditor', 'operationName'));
  const [notice, setNotice] = useState('');
  useSystemColours();

  async function copy(what: string) {
    const query = queryEditor?.getValue() ?? '';
    const variables = variableEditor?.getValue() ?? '';
    let said = 'Copied.';
    try {
      const { name } = operationOf(query, operationName);
      const operation = { query, variables: JSON.parse(variables.trim() || '{}'), operationName: name, token: await accessToken() };
      await navigator.clipboard.writeText(what === 'link' ? linkTo({ query, variables }) : SNIPPETS[what]!(operation));
    } catch (error) {
      said = (error as Error).message;
    }
    setNotice(said);
    setTimeout(() => setNotice(''), COPIED_MS);
  }

  return (
    <header className="pg-bar graphiql-container">
      <a href="/" className="pg-home">
        Social feed
      </a>
      <button className="pg-button" onClick={() => showPane('Users')}>
        {held ? `@${held.username}` : 'Sign in'}
      </button>
      <label>
        Subscribe by{' '}
        <select value={chosen} onChange={(event) => transport.set(event.target.value as Transport)}>
          {TRANSPORTS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <select aria-label="Copy as" value="" onChange={(event) => copy(event.target.value)}>
        <option value="" disabled hidden>
          Copy as…
        </option>
        {Object.keys(SNIPPETS).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button className="pg-button" onClick={() => copy('link')}>
        Share
      </button>
      <span role="status">{notice}</span>
      <Status />
    </header>
  );
}
