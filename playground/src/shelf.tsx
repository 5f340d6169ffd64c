import { pick, useGraphiQL } from '@graphiql/react';
import { parse, validate } from 'graphql';
import { useEffect, useMemo, useState } from 'react';
import { example, needsUser } from './examples';
import { ShelfIcon } from './icons';
import { operationOf } from './operations';
import { showEditors } from './panes';
import { fromDevelopment } from './server';
import { session } from './session';

interface Operation {
  name: string;
  text: string;
}

const KINDS = ['query', 'mutation', 'subscription'] as const;
const TITLES = { query: 'Queries', mutation: 'Mutations', subscription: 'Subscriptions' };

/** The contract's operations. One click puts one into the editor, with variables that work. */
function Shelf() {
  const { queryEditor, variableEditor, schema } = useGraphiQL(pick('queryEditor', 'variableEditor', 'schema'));
  const [operations, setOperations] = useState<Operation[]>([]);
  const [filter, setFilter] = useState('');
  const [problem, setProblem] = useState('');
  session.use();
  useEffect(() => void fromDevelopment('operations').then(setOperations, (error: Error) => setProblem(error.message)), []);
  const served = useMemo(() => (schema ? operations.filter(({ text }) => !validate(schema, parse(text)).length) : []), [schema, operations]);
  const shown = served.filter(({ name }) => name.toLowerCase().includes(filter.trim().toLowerCase()));

  async function open({ name, text }: Operation) {
    setProblem('');
    try {
      const { text: filled, variables } = await example(schema!, name, text);
      queryEditor?.setValue(filled);
      variableEditor?.setValue(Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '');
      if (needsUser(name, text)) setProblem(`${name} needs a signed-in user: see Users.`);
      else showEditors('Operations');
    } catch (error) {
      setProblem((error as Error).message);
    }
  }

  return (
    <section className="pg-pane" aria-label="Operations">
      <h2>Operations</h2>
      <p>What clients send, with variables that work as they are. The first click fills the editor, the play button runs it.</p>
      <div className="pg-form">
        <input value={filter} onChange={(event) => setFilter(event.target.value)} placeholder="Part of a name" aria-label="Find an operation" />
      </div>
      {problem && <p role="alert">{problem}</p>}
      {KINDS.map((kind) => (
        <div key={kind}>
          <h3>{TITLES[kind]}</h3>
          <ul className="pg-list">
            {shown
              .filter(({ text }) => operationOf(text).kind === kind)
              .map((operation) => (
                <li key={operation.name}>
                  <button onClick={() => open(operation)}>{operation.name}</button>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

export const SHELF_PLUGIN = { title: 'Operations', icon: ShelfIcon, content: Shelf };
