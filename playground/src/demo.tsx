// A client of the API as an app would write it: a home feed that stays live and can be written to without a network.

import './demo.css';
import { type FormEvent, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { begin, feed, showComments, showMore, showWaiting, toggleLike } from './demo-feed';
import { connection } from './demo-live';
import type { Entry } from './demo-operations';
import { outbox, refusal, write } from './demo-outbox';
import { element } from './server';
import { session, signInWithoutPassword } from './session';

const STATES = { connecting: 'Connecting…', live: 'Live', reconnecting: 'Reconnecting…' };

function Form({ label, button, submit }: { label: string; button: string; submit: (text: string) => void }) {
  const [text, setText] = useState('');
  function send(event: FormEvent) {
    event.preventDefault();
    if (!text.trim()) return;
    submit(text);
    setText('');
  }
  return (
    <form onSubmit={send}>
      <input value={text} onChange={(event) => setText(event.target.value)} placeholder={label} aria-label={label} maxLength={500} />
      <button>{button}</button>
    </form>
  );
}

function PostCard({ entry: { node: post, sharedBy } }: { entry: Entry }) {
  const comments = feed.use().comments[post.id];
  return (
    <article>
      {sharedBy && <p className="muted">{sharedBy.displayName} shared</p>}
      <p>
        <b>{post.author.displayName}</b> <span className="muted">@{post.author.username} · {new Date(post.createdAt).toLocaleString()}</span>
      </p>
      <p className="text">{post.text}</p>
      <p className="actions">
        <button aria-pressed={post.viewerHasLiked} onClick={() => toggleLike(post)}>
          {post.viewerHasLiked ? '♥' : '♡'} {post.likeCount}
        </button>
        <button aria-expanded={!!comments} onClick={() => void showComments(post.id).catch(() => {})}>
          Comments {post.commentCount}
        </button>
      </p>
      {comments && (
        <div className="comments">
          <Form label="Write a comment" button="Send" submit={(text) => write('createComment', { postId: post.id, text })} />
          {comments.map((comment) => (
            <p key={comment.id}>
              <b>{comment.author?.displayName ?? 'Deleted'}</b> {comment.text}
            </p>
          ))}
        </div>
      )}
    </article>
  );
}

function Status() {
  const { state, resumed } = connection.use();
  const waiting = outbox.use().length;
  return (
    <span role="status" className={state}>
      {STATES[state]}
      {resumed > 0 && ` · resumed ${resumed}×`}
      {waiting > 0 && ` · ${waiting} to send`}
    </span>
  );
}

function Demo() {
  const { viewer, entries, waiting, end } = feed.use();
  const unsent = outbox.use().filter(({ mutation }) => mutation === 'createPost');
  const [problem, setProblem] = useState('');
  const refused = refusal.use();
  useEffect(() => {
    const signedIn = session.get() ? Promise.resolve() : signInWithoutPassword('demo');
    signedIn.then(begin).catch((error: Error) => setProblem(error.message));
  }, []);
  return (
    <>
      <header>
        <h1>Demo</h1>
        <span className="muted">
          {viewer && `@${viewer.username} · `}
          <a href="/graphql/">another user</a>
        </span>
        <Status />
      </header>
      {(problem || refused) && <p role="alert">{problem || refused}</p>}
      <Form label="What is new?" button="Post" submit={(text) => write('createPost', { text })} />
      {waiting.length > 0 && (
        <button className="waiting" onClick={showWaiting}>
          {waiting.length === 1 ? '1 new post' : `${waiting.length} new posts`}
        </button>
      )}
      {unsent.map(({ clientMutationId, input }) => (
        <article key={clientMutationId} className="unsent">
          <p className="text">{input.text}</p>
          <p className="muted">Will be sent when the server can be reached.</p>
        </article>
      ))}
      {entries.map((entry) => (
        <PostCard key={`${entry.node.id} ${entry.sharedBy?.id}`} entry={entry} />
      ))}
      {end && <button onClick={() => void showMore().catch(() => {})}>Older posts</button>}
    </>
  );
}

createRoot(element).render(<Demo />);
