//! VNC's password check: a challenge is answered by enciphering it with the password, of which eight bytes count, as the
//! key. The cipher is DES with each byte of the key read backwards. It protects nothing and is no use for anything else.

use des::Des;
use des::cipher::{Array, BlockCipherEncrypt, KeyInit};

/// What the client answers to a challenge when it knows the password.
pub fn response(password: &str, challenge: [u8; 16]) -> [u8; 16] {
    let mut key = [0_u8; 8];
    for (place, byte) in key.iter_mut().zip(password.bytes()) {
        *place = byte.reverse_bits();
    }
    let cipher = Des::new(&Array(key));
    let mut answer = challenge;
    for block in answer.chunks_exact_mut(8) {
        let mut enciphered = [0_u8; 8];
        enciphered.copy_from_slice(block);
        let mut enciphered = Array(enciphered);
        cipher.encrypt_block(&mut enciphered);
        block.copy_from_slice(&enciphered);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As noVNC answers.
    #[test]
    fn a_challenge_is_answered_as_a_viewer_answers_it() {
        let challenge = *b"0123456789abcdef";
        let answer = response("s3cret", challenge);
        assert_eq!(hex::encode(answer), "cb1c0c7f3228bb937506917ca00de5e1");
        assert_eq!(
            hex::encode(response("longer than eight", challenge)),
            "cee68ea5a4c8f381afaf5d76af6832fe"
        );
        assert_eq!(
            response("longer than eight", challenge),
            response("longer t", challenge)
        );
    }
}
