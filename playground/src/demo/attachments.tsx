// The pictures of a post that is being written: each is uploaded as soon as it is chosen.

import { useState } from 'react';
import type { PostMediaInput } from './__generated__/graphql';
import { newKey } from './outbox';
import { processed, upload } from './upload';

const MOST = 4;

interface Attachment {
  key: string;
  preview: string;
  name: string;
  altText: string;
  upload: AbortController;
  /** The part that is sent, 0 to 1. */
  sent: number;
  mediaId?: string;
  isReady?: boolean;
  problem?: string;
}

export interface PicturesToPost {
  attachments: Attachment[];
  add: (input: HTMLInputElement) => void;
  change: (key: string, changed: Partial<Attachment>) => void;
  remove: (key: string) => void;
  clear: () => void;
  /** Whether a file is still on its way. */
  isBusy: boolean;
  media: PostMediaInput[];
}

export function usePictures(): PicturesToPost {
  const [attachments, setAttachments] = useState<Attachment[]>([]);
  const change = (key: string, changed: Partial<Attachment>) =>
    setAttachments((all) => all.map((each) => (each.key === key ? { ...each, ...changed } : each)));

  async function send({ key, upload: { signal } }: Attachment, file: File): Promise<void> {
    try {
      const media = await upload(file, (sent) => change(key, { sent }), signal);
      change(key, { sent: 1, mediaId: media.id });
      const { state } = await processed(media);
      change(key, state === 'READY' ? { isReady: true } : { mediaId: undefined, problem: 'The picture could not be processed.' });
    } catch (problem) {
      change(key, { problem: (problem as Error).message });
    }
  }

  function add(input: HTMLInputElement): void {
    for (const file of [...(input.files ?? [])].slice(0, MOST - attachments.length)) {
      const preview = URL.createObjectURL(file);
      const attachment = { key: newKey(), preview, name: file.name, altText: '', upload: new AbortController(), sent: 0 };
      setAttachments((all) => [...all, attachment]);
      void send(attachment, file);
    }
    input.value = ''; // So that the same file can be chosen again.
  }

  function remove(key: string): void {
    attachments.find((each) => each.key === key)?.upload.abort();
    setAttachments((all) => all.filter((each) => each.key !== key));
  }

  return {
    attachments,
    add,
    change,
    remove,
    clear: () => setAttachments([]),
    isBusy: attachments.some(({ mediaId, problem }) => !mediaId && !problem),
    media: attachments.flatMap(({ mediaId, altText }) => (mediaId ? [{ mediaId, altText }] : [])),
  };
}

function State({ of: { sent, mediaId, isReady, problem, name } }: { of: Attachment }) {
  if (problem) return <span role="alert">{problem}</span>;
  if (isReady) return <span className="muted">Ready</span>;
  if (mediaId) return <span className="muted">Being processed…</span>;
  return <progress value={sent} aria-label={`Upload of ${name}`} />;
}

export function Attachments({ pictures: { attachments, change, remove } }: { pictures: PicturesToPost }) {
  if (!attachments.length) return null;
  return (
    <ul className="attachments">
      {attachments.map((each) => (
        <li key={each.key}>
          <img src={each.preview} alt="" />
          <div>
            <input value={each.altText} onChange={(event) => change(each.key, { altText: event.target.value })} aria-label={`Description of ${each.name}`} placeholder="What it shows" maxLength={1000} />
            <State of={each} />
          </div>
          <button type="button" aria-label={`Remove ${each.name}`} onClick={() => remove(each.key)}>×</button>
        </li>
      ))}
    </ul>
  );
}
