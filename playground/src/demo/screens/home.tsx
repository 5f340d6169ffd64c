import { useEffect, useState } from 'react';
import { Composer } from '../composer';
import { begin, feed, showMore, showWaiting } from '../feed';
import { outbox } from '../outbox';
import { PostCard } from '../post';

function Unsent() {
  const posts = outbox.use().filter(({ mutation }) => mutation === 'createPost');
  return posts.map(({ clientMutationId, input }) => (
    <article key={clientMutationId} className="post unsent">
      <div className="body">
        <p className="text">{input.text}</p>
        <p className="muted">Will be sent when the server can be reached.</p>
      </div>
    </article>
  ));
}

export function Home() {
  const { entries, waiting, end, isLoaded } = feed.use();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    if (!isLoaded) begin().catch((error: Error) => setProblem(error.message));
  }, []);
  return (
    <>
      <Composer />
      {problem && <p role="alert">{problem}</p>}
      {waiting.length > 0 && (
        <button className="waiting primary" onClick={showWaiting}>
          {waiting.length === 1 ? '1 new post' : `${waiting.length} new posts`}
        </button>
      )}
      <Unsent />
      {entries.map(({ node, sharedBy }) => (
        <PostCard key={`${node.id} ${sharedBy?.id}`} post={node} sharedBy={sharedBy} />
      ))}
      {isLoaded && !entries.length && <p className="muted">Nothing yet. Follow somebody: the search finds users.</p>}
      {end && <button className="more" onClick={() => void showMore().catch(() => {})}>Older posts</button>}
    </>
  );
}
