// A picture's way to the server: an address, the file itself, the end of the upload, and the wait until it is processed.

import { FinishUploadDocument, type MediaCardFragment, MediaStateDocument, StartUploadDocument, type StartUploadMutation } from './__generated__/graphql';
import { Failure, mutate, query } from './api';
import { newKey } from './outbox';

const RETRY_MS = 1_000;
const FIRST_LOOK_MS = 250;
const LAST_LOOK_MS = 5_000;

type Address = NonNullable<StartUploadMutation['startUpload']['upload']>;
class NetworkLost extends Error {}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Uploads a picture, over any loss of the network; it may still be processed then. `onProgress` gets the part that is sent, 0 to 1. */
export async function upload(file: File, onProgress: (part: number) => void, signal?: AbortSignal): Promise<MediaCardFragment> {
  const clientMutationId = newKey(); // The same at each attempt, so that there is one upload.
  for (;;) {
    try {
      const address = await start(file, clientMutationId);
      await put(address, file, onProgress, signal);
      return await finish(address.mediaId);
    } catch (problem) {
      const canPass = problem instanceof NetworkLost || (problem instanceof Failure && problem.canPass);
      if (!canPass || signal?.aborted) throw problem;
      await pause(RETRY_MS);
    }
  }
}

/** The picture when it is ready or has failed. */
export async function processed(media: MediaCardFragment): Promise<MediaCardFragment> {
  for (let wait = FIRST_LOOK_MS; media.state === 'PROCESSING'; wait = Math.min(2 * wait, LAST_LOOK_MS)) {
    await pause(wait);
    const { nodes } = await query(MediaStateDocument, { ids: [media.id] });
    media = (nodes[0] as MediaCardFragment | null) ?? media;
  }
  return media;
}

async function start(file: File, clientMutationId: string): Promise<Address> {
  const input = { contentType: file.type, byteSize: file.size, clientMutationId };
  const { upload: address, errors } = (await mutate(StartUploadDocument, { input })).startUpload;
  if (!address) throw new Error(errors[0]!.message);
  return address;
}

/** Sends the file. By XMLHttpRequest, since fetch does not say how far it is. */
function put({ url, method, headers }: Address, file: File, onProgress: (part: number) => void, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const { name, value } of headers) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => (request.status < 400 ? resolve() : reject(new Error(request.responseText)));
    request.onabort = () => reject(new Error('The upload was ended.'));
    signal?.addEventListener('abort', () => request.abort());
    request.onerror = () => reject(new NetworkLost('The picture could not be sent.'));
    request.send(file);
  });
}

async function finish(mediaId: string): Promise<MediaCardFragment> {
  const { media, errors } = (await mutate(FinishUploadDocument, { input: { mediaId } })).finishUpload;
  if (!media) throw new Error(errors[0]!.message);
  return media;
}
