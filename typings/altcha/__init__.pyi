from datetime import datetime
from typing import Any

class Challenge:
    signature: str | None
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Challenge: ...

class Solution:
    counter: int

class Payload:
    def __init__(self, challenge: Challenge, solution: Solution) -> None: ...
    def to_base64(self) -> str: ...

class VerifySolutionResult:
    verified: bool

def create_challenge(
    algorithm: str,
    cost: int,
    *,
    key_prefix: str = ...,
    expires_at: int | datetime | None = ...,
    data: dict[str, Any] | None = ...,
    hmac_secret: str | bytes | None = ...,
) -> Challenge: ...
def solve_challenge(challenge: Challenge) -> Solution | None: ...
def verify_solution(payload: str | Payload, hmac_secret: str | bytes) -> VerifySolutionResult: ...
