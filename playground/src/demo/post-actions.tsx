// What one can do with a post. Each shows at once; the server's count replaces it with the answer or with an event.

import { useState } from 'react';
import { Icon, type IconName } from './icons';
import { write } from './outbox';
import type { Post } from './post';
import { go, link } from './router';
import { viewer } from './viewer';

interface ActionProperties {
  icon: IconName;
  label: string;
  count?: number;
  isOn?: boolean;
  act: () => void;
}

function Action({ icon, label, count, isOn, act }: ActionProperties) {
  return (
    <button className={`action ${icon}`} aria-pressed={isOn} aria-label={count === undefined ? label : `${label}: ${count}`} title={label} onClick={act}>
      <Icon name={icon} /> {count}
    </button>
  );
}

export function PostActions({ post }: { post: Post }) {
  const { id, likeCount, shareCount, viewerHasLiked, viewerHasShared, viewerHasBookmarked = false } = post;
  const isOwn = viewer.use()?.user.id === post.author.id;
  const step = (isOn: boolean) => (isOn ? -1 : 1);

  function like() {
    const shown = { id, viewerHasLiked: !viewerHasLiked, likeCount: likeCount + step(viewerHasLiked) };
    write(viewerHasLiked ? 'unlikePost' : 'likePost', { postId: id }, shown, { id, viewerHasLiked, likeCount });
  }
  function share() {
    const shown = { id, viewerHasShared: !viewerHasShared, shareCount: shareCount + step(viewerHasShared) };
    write(viewerHasShared ? 'unsharePost' : 'sharePost', { postId: id }, shown, { id, viewerHasShared, shareCount });
  }
  function bookmark() {
    const shown = { id, viewerHasBookmarked: !viewerHasBookmarked };
    write(viewerHasBookmarked ? 'unbookmarkPost' : 'bookmarkPost', { postId: id }, shown, { id, viewerHasBookmarked });
  }
  return (
    <p className="actions">
      <a className="action" href={link('post', id)} aria-label={`Comments: ${post.commentCount}`} title="Comments">
        <Icon name="comment" /> {post.commentCount}
      </a>
      <Action icon="share" label="Share" count={shareCount} isOn={viewerHasShared} act={share} />
      <Action icon="quote" label="Quote" act={() => go('quote', id)} />
      <Action icon="heart" label="Like" count={likeCount} isOn={viewerHasLiked} act={like} />
      <Action icon="bookmark" label="Bookmark" isOn={viewerHasBookmarked} act={bookmark} />
      {isOwn && <OwnActions id={id} />}
    </p>
  );
}

function OwnActions({ id }: { id: string }) {
  const [isSure, setSure] = useState(false);
  return (
    <>
      <Action icon="pin" label="Pin to the profile" act={() => write('pinPost', { postId: id })} />
      {isSure ? (
        <button onClick={() => write('deletePost', { postId: id })}>Delete for good</button>
      ) : (
        <Action icon="trash" label="Delete" act={() => setSure(true)} />
      )}
    </>
  );
}
