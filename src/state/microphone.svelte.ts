import { LabError } from '../core/errors';

const TICK_MS = 50;

/** One recording of a few seconds, from the click on. The browser asks for permission then, and nothing is kept. */
export class Microphone {
  phase = $state<'idle' | 'asking' | 'recording'>('idle');
  /** Seconds that are left. */
  left = $state(0);
  /** How loud it is, 0 .. 1. */
  level = $state(0);
  #stop: ((keep: boolean) => void) | null = null;

  /** Whether this page can listen at all: browsers without it, and pages that were not opened over https, cannot. */
  static get exists(): boolean {
    // In an insecure context the whole object is missing, whatever its type says.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    return devices?.getUserMedia !== undefined && typeof MediaRecorder !== 'undefined';
  }

  /**
   * Records until `seconds` are over or {@link stop} is called.
   * @returns null where it was cancelled
   * @throws LabError `sound/no-microphone`, `sound/denied`
   */
  async record(seconds: number): Promise<Blob | null> {
    if (this.phase !== 'idle') return null;
    if (!Microphone.exists) throw noMicrophone();
    this.phase = 'asking';
    let wanted = true;
    this.#stop = () => (wanted = false);
    let stream: MediaStream | null = null;
    try {
      stream = await listen();
      return wanted ? await this.#record(stream, seconds) : null;
    } finally {
      stream?.getTracks().forEach((track) => track.stop());
      this.#stop = null;
      this.phase = 'idle';
      this.level = 0;
    }
  }

  async #record(stream: MediaStream, seconds: number): Promise<Blob | null> {
    const recorder = new MediaRecorder(stream);
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(stream).connect(analyser);
    const heard = new Float32Array(analyser.fftSize);
    const parts: Blob[] = [];
    let ticking: ReturnType<typeof setInterval> | undefined;
    try {
      return await new Promise<Blob | null>((resolve, reject) => {
        let keep = true;
        recorder.ondataavailable = ({ data }) => parts.push(data);
        recorder.onstop = () => resolve(keep ? new Blob(parts, { type: recorder.mimeType }) : null);
        recorder.onerror = () => reject(noMicrophone());
        this.#stop = (kept) => {
          keep = kept;
          if (recorder.state === 'recording') recorder.stop();
        };
        recorder.onstart = () => {
          const end = performance.now() + seconds * 1000;
          this.phase = 'recording';
          this.left = seconds;
          ticking = setInterval(() => {
            this.left = Math.max(0, (end - performance.now()) / 1000);
            analyser.getFloatTimeDomainData(heard);
            this.level = Math.min(1, 4 * Math.sqrt(heard.reduce((sum, x) => sum + x * x, 0) / heard.length));
            if (this.left === 0) this.stop();
          }, TICK_MS);
        };
        recorder.start();
      });
    } finally {
      clearInterval(ticking);
      void context.close();
    }
  }

  /** Ends the recording now, and keeps it. */
  stop(): void {
    this.#stop?.(true);
  }

  /** Ends it, and keeps nothing; also while the browser still asks. */
  cancel(): void {
    this.#stop?.(false);
  }
}

const noMicrophone = (): LabError =>
  new LabError(
    'sound/no-microphone',
    'There is no microphone here: the browser has none, or the page was not opened over https. Open it over https or on localhost, or choose a sound file.',
  );

/** What was said is wanted as it was said: the filters of telephony change it. */
async function listen(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError')
      throw new LabError(
        'sound/denied',
        'The browser did not let this page listen. Allow the microphone in the settings of this site, or choose a sound file.',
      );
    throw noMicrophone();
  }
}
