/** The sound of a time-out warning: two soft notes, made on the spot. */

let context: AudioContext | null = null;

/**
 * Browsers give sound to a page only once it was touched; the kiosk's own is started so that it need not wait.
 * Without sound the warning still stands on the screen.
 */
export function beep(): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    note(context, 660, 0);
    note(context, 880, 0.16);
  } catch {
    context = null;
  }
}

function note(audio: AudioContext, frequency: number, delay: number): void {
  const start = audio.currentTime + delay;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = "sine";
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(0.3, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.14);
  tone.connect(volume).connect(audio.destination);
  tone.start(start);
  tone.stop(start + 0.15);
}
