import { useEffect, useState } from 'react';
import { AnswerIcon } from './icons';
import { fromDevelopment } from './server';
import { type Answer, lastAnswer } from './transport';

interface Statement {
  sql: string;
  milliseconds: number | null;
  rows: number | null;
}

interface Details {
  milliseconds: number;
  statements: Statement[];
  plan: string;
  counts: Record<string, [number, number]>;
}

async function detailsOf({ trace, params }: Answer): Promise<Details> {
  const [traced, explained] = await Promise.all([fromDevelopment(`traces/${trace}`), fromDevelopment('plan', params)]);
  return { ...traced, ...explained };
}

const shown = (statement: Statement) =>
  statement.milliseconds === null ? 'in a transaction' : `${statement.milliseconds.toFixed(2)} ms, ${statement.rows} ${statement.rows === 1 ? 'row' : 'rows'}`;

/** What the last answer cost the server. */
function LastAnswer() {
  const answer = lastAnswer.use();
  const [details, setDetails] = useState<Details | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    setDetails(null);
    setProblem('');
    if (answer) detailsOf(answer).then(setDetails, (error: Error) => setProblem(error.message));
  }, [answer]);
  return (
    <section className="pg-pane" aria-label="Last answer">
      <h2>Last answer</h2>
      {!answer && <p>Run a query or a mutation.</p>}
      {problem && <p role="alert">{problem}</p>}
      {answer && details && (
        <>
          <dl>
            <dt>Server</dt>
            <dd>{details.milliseconds.toFixed(1)} ms</dd>
            <dt>Browser</dt>
            <dd>{answer.milliseconds.toFixed(1)} ms</dd>
            <dt>Size</dt>
            <dd>{answer.bytes.toLocaleString('en')} bytes</dd>
            <dt>Execution</dt>
            <dd>{answer.execution ?? 'not executed'}</dd>
            {Object.entries(details.counts).map(([name, [count, limit]]) => (
              <div key={name}>
                <dt>{name[0]!.toUpperCase() + name.slice(1)}</dt>
                <dd>
                  {count} of {limit.toLocaleString('en')}
                </dd>
              </div>
            ))}
          </dl>
          <h3>{details.statements.length === 1 ? '1 statement' : `${details.statements.length} statements`}</h3>
          {details.statements.map((statement, index) => (
            <details key={index} open={details.statements.length === 1}>
              <summary>{shown(statement)}</summary>
              <pre>{statement.sql}</pre>
            </details>
          ))}
          <h3>Plan</h3>
          <pre>{details.plan}</pre>
        </>
      )}
    </section>
  );
}

export const ANSWER_PLUGIN = { title: 'Last answer', icon: AnswerIcon, content: LastAnswer };
