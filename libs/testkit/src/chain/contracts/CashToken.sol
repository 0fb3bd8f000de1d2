// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.20;

// An ERC-20 of six decimals that logs as USDC.e does, an Approval inside transferFrom included, and
// wraps and unwraps as pUSD does. Anybody may mint. No constructor: its code may be set anywhere.
contract CashToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    event Wrapped(address indexed caller, address indexed asset, address indexed to, uint256 amount);
    event Unwrapped(
        address indexed caller,
        address indexed asset,
        address indexed to,
        uint256 amount
    );

    function decimals() external pure returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    // Makes cash of an asset, for `to`.
    function wrap(address asset, address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
        emit Wrapped(msg.sender, asset, to, amount);
    }

    // Burns what was sent here before.
    function unwrap(address asset, address to, uint256 amount) external {
        balanceOf[address(this)] -= amount;
        emit Transfer(address(this), address(0), amount);
        emit Unwrapped(msg.sender, asset, to, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 left = allowance[from][msg.sender] - amount;
        allowance[from][msg.sender] = left;
        move(from, to, amount);
        emit Approval(from, msg.sender, left);
        return true;
    }

    function move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
