// The sound of a new warning.

/** Whether a browser lets this page be heard: not before somebody clicked or pressed a key. */
export const mayRing = (): boolean => navigator.userActivation?.hasBeenActive ?? true;

/** Play three tones; false where this browser plays none (now). */
export async function ring(): Promise<boolean> {
  if (!mayRing()) return false;
  try {
    const audio = new AudioContext();
    await audio.resume();
    for (let k = 0; k < 3; k++) {
      const tone = new OscillatorNode(audio, { frequency: 880 });
      const volume = new GainNode(audio, { gain: 0.5 });
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + 0.4 * k);
      tone.stop(audio.currentTime + 0.4 * k + 0.25);
      if (k === 2) tone.onended = () => void audio.close();
    }
    return true;
  } catch {
    return false;
  }
}
